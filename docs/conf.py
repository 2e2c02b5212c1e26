"""The site: python -m sphinx -W -b html docs docs/_build/html     (pip install -e '.[site]')

The site works offline: the lessons are executed during the build, MathJax comes from a package, and no page requests anything
from another machine.  MINIGAN_QUICK=1 shortens the training in the lessons; MINIGAN_SITE_EXECUTE=0 leaves their outputs out.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import site_pages
from sphinx.application import Sphinx

import minigan

project, author, copyright = "minigan", "the minigan maintainers", "the minigan maintainers, MIT license"
release = minigan.__version__
extensions = ["myst_nb", "sphinx-mathjax-offline", "annotated"]
exclude_patterns = ["_build", "results/*.py", "**.ipynb_checkpoints"]

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off" if os.environ.get("MINIGAN_SITE_EXECUTE") == "0" else "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_output_stderr = "warn"  # a lesson must not print warnings
math_number_all = False
math_numfig = False

html_theme = "furo"
html_title = "minigan"
html_static_path = ["_static"]
html_css_files = ["minigan.css"]
html_show_sourcelink = False
html_theme_options = {"top_of_page_buttons": []}
pygments_style, pygments_dark_style = "friendly", "native"


def setup(app: Sphinx) -> None:
    """Connect the generated pages to the build."""
    app.connect("builder-inited", lambda app: site_pages.write(Path(app.srcdir), Path(app.doctreedir, "jupyter")))
    app.connect("source-read", site_pages.rewrite)
    app.connect("doctree-read", site_pages.mend_formulas)
    app.connect("html-page-context", site_pages.number_lines)
