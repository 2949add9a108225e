"""The pages for beginners are walked twice: users run the scripts of a page again, and see the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.test_examples import ROOT, examples, printed, shown

PAGES = ["README.md", *(f"docs/tutorials/{name}.md" for name in ("first-steps", "more-maps", "cern"))]
_PROMISED = pytest.mark.xfail(reason='resume: scripts with if_exists="resume" can be run again')


@pytest.mark.pool
@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=_PROMISED if "steps" in page or "maps" in page else ()) for page in PAGES]
)
def test_each_script_of_a_page_can_be_run_again_and_prints_the_same(page: str, personal_pool: Path) -> None:
    for example in examples(ROOT / page):
        for _ in range(2):
            lines = printed(example, {"__name__": "__main__"})
            assert not shown(example) or lines == shown(example), example
