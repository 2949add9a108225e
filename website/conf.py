"""How Sphinx makes the site of the documentation: `make docs`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "HTMap"
copyright = "the HTMap developers"
release = re.findall(r'^version = "(.+)"', (HERE.parent / "pyproject.toml").read_text(), re.MULTILINE)[0]
html_title = f"HTMap {release}"

# Pages stay where they are, so their links are the same in a checkout, in `htmap docs` and here.
root_doc = "docs/index"
include_patterns = ["docs/**.md", "*.md", "plugins/*/README.md"]
exclude_patterns = [".*", "build", "dist", "tests", "benchmarks", "plugins/*/tests"]

extensions = ["myst_parser", "sphinx_copybutton", "tree", "notebooks"]
myst_heading_anchors = 6  # all headings, by the names that GitHub gives them
highlight_language = "none"  # of blocks that name no language
copybutton_exclude = ".linenos, .gp, .go"
nitpicky = True

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["htmap.css"]
html_extra_path = ["extra", "../build/extra"]  # the second has what `make notebooks` makes
html_favicon = "static/icon.svg"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}

linkcheck_ignore = [r"https?://localhost", r"https?://127\.0\.0\.1"]
linkcheck_anchors = False  # pages that make theirs by script have none
linkcheck_timeout = 20
