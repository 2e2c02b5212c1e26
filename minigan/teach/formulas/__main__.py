"""Write the map of equations to standard output: python -m minigan.teach.formulas > docs/formulas.md"""

import sys

from minigan.teach.formulas import page

sys.stdout.write(page())
