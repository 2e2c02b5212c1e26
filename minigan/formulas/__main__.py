"""python -m minigan.formulas > docs/formulas.md"""

import sys

from minigan.formulas import page

sys.stdout.write(page())
