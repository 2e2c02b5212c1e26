"""The site: python -m sphinx -W -b html docs docs/_build/html     (pip install -e '.[site]')

The site works offline: the lessons are executed during the build, MathJax comes from a package, and no page requests anything
from another machine.  MINIGAN_QUICK=1 shortens the training in the lessons; MINIGAN_SITE_EXECUTE=0 leaves their outputs out.

In Chinese, after that:  MINIGAN_SITE_EXECUTE=0 python -m sphinx -W -b html -D language=zh_CN docs docs/_build/html/zh
The code of the lessons is the same, so they are not executed again: their outputs are those of the English build.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import site_pages
from sphinx.application import Sphinx

import minigan
from minigan.teach.lessons.run import PLAIN

os.environ.update(PLAIN)

project, author, copyright = "minigan", "the minigan maintainers", "the minigan maintainers, MIT license"
release = minigan.__version__
extensions = ["myst_nb", "sphinx-mathjax-offline", "annotated"]
language = "en"
locale_dirs = ["locale"]  # docs/translations.py brings the catalogues up to date
gettext_compact = False  # one catalogue a page
gettext_location = False
templates_path = ["_templates"]
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

html_search_language = (
    "en"  # of the Chinese pages too: without a segmenter of Chinese (jieba) its own search does not run
)
html_theme = "furo"
html_title = "minigan"
html_static_path = ["_static"]
html_css_files = ["minigan.css"]
html_show_sourcelink = False
html_theme_options = {"top_of_page_buttons": []}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "language.html",  # the link to the same page in the other language; the rest is furo's own
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
pygments_style, pygments_dark_style = "friendly", "native"


def setup(app: Sphinx) -> None:
    """Connect the generated pages to the build."""
    app.connect("builder-inited", site_pages.write)
    app.connect("source-read", site_pages.rewrite)
    app.connect("doctree-read", site_pages.mend_formulas)
    app.connect("html-page-context", site_pages.number_lines)
    app.connect("html-page-context", site_pages.link_languages)
