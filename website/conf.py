"""How Sphinx makes the site of the documentation: `make docs`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

project = "HTMap"
copyright = "the HTMap developers"
_PROJECT = (HERE.parent / "pyproject.toml").read_text()
release = re.findall(r'^version = "(.+)"', _PROJECT, re.MULTILINE)[0]
address = re.findall(r'^address = "(.*)"', _PROJECT, re.MULTILINE)[0]
html_title = f"HTMap {release}"

# Pages stay where they are, so their links are the same in a checkout, in `htmap docs` and here.
root_doc = "docs/index"
include_patterns = ["docs/**.md", "*.md", "plugins/*/README.md"]
exclude_patterns = [".*", "build", "dist", "tests", "benchmarks", "plugins/*/tests"]

ours = ["website.tree", "website.notebooks", "website.ranking", "website.readable"]
extensions = ["myst_parser", "sphinx_copybutton", *ours]
myst_heading_anchors = 6  # all headings, by the names that GitHub gives them
highlight_language = "none"  # of blocks that name no language
copybutton_exclude = ".linenos, .gp, .go"
nitpicky = True

html_theme = "furo"
pygments_dark_style = "a11y-dark"  # the pair of the theme's light one; its own underlines the names of modules
html_static_path = ["static"]
html_css_files = ["htmap.css"]
html_js_files = [("htmap.js", {"defer": ""})]
html_extra_path = ["extra", "../build/extra"]  # the second has what `make notebooks` makes
html_favicon = "static/icon.svg"
html_show_sourcelink = False
html_copy_source = False
html_use_index = False  # of objects, of which these pages have none; docs/index.md leads to all
html_theme_options: dict[str, object] = {"navigation_with_keys": True, "top_of_page_buttons": []}
if address:  # pages can be edited where the repository is
    html_theme_options |= {"source_repository": address, "source_branch": "main", "source_directory": ""}
    html_theme_options["top_of_page_buttons"] = ["edit"]

linkcheck_ignore = [r"https?://localhost", r"https?://127\.0\.0\.1"]
linkcheck_anchors = False  # pages that make theirs by script have none
linkcheck_timeout = 20
