"""python -m minigan.teach.formulas > docs/formulas.md"""

import sys

from minigan.teach.formulas import page

sys.stdout.write(page())
