"""The search of the site: Sphinx's, with its pages ranked by what `docs/index.md` says of them (`scorer.js`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from website.tree import said_of_pages

HERE = Path(__file__).parent


def setup(app: Any) -> dict[str, bool]:
    """Have Sphinx's search rank pages by our own rules."""
    app.connect("config-inited", _write_scorer)
    return {"parallel_read_safe": True}


def _write_scorer(app: Any, config: Any) -> None:
    index = Path(app.srcdir, f"{config.root_doc}.md").read_text(encoding="utf-8")
    path = Path(app.doctreedir, "scorer.js")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(scorer(said_of_pages(index, config.root_doc)), encoding="utf-8")
    config.html_search_scorer = str(path)


def scorer(said: dict[str, str]) -> str:
    """Return the script that ranks pages, with what is said of each."""
    return f"const ABOUT = {json.dumps(said)};\n{(HERE / 'scorer.js').read_text(encoding='utf-8')}"
