"""Questions to plugins: their checks of a pool, and a site's words on what happened to a job."""

from __future__ import annotations

import time

import pytest

from htmap_core import Check, Interruption, PoolAddress, connect
from htmap_core.plugins.calls import Plugins
from htmap_core.settings.chain import settings
from tests.golden_files import Golden
from tests.throwaway_plugins import Site

HARBOUR = connect(PoolAddress("harbour"))
HELD = Interruption("hold", "tide", "at most 10 GB of input here", 26, 5)

ANSWERS = """
class Harbour(Pool):
    name = "harbour"
    limits_steps = {limits}
    def find(self): return None
    def advice(self): return "there is no water"
@hookimpl
def htmap_pools(): return [Harbour()]
@hookimpl
def htmap_checks(pool): return [Check("water", "note", f"it is low in the {{pool.address.pool}}", "Wait for the tide")]
@hookimpl
def htmap_site_words(interruption):
    if interruption.code == 26:
        meaning = f"{{interruption.kind}} {{interruption.subcode}}: too much cargo"
        return SiteWords(meaning, f"`htmap remove {{interruption.tag}}`")
"""


def answers(plugins: Plugins, pool: str, interruption: Interruption = HELD) -> tuple[list[Check], list[str]]:
    """Return the answers of the plugins of these tests to both questions."""
    found = plugins.checks(connect(PoolAddress(pool)))
    return [each for each in found if each.area == "water"], list(plugins.site_words(pool, interruption))


def test_htmap_checks_and_htmap_site_words_are_asked(site: Site, plugins: Plugins, golden: Golden) -> None:
    site.install("boats", ANSWERS.format(limits=False))
    checks, words = answers(plugins, "sea")
    assert checks == [Check("water", "note", "it is low in the sea", "Wait for the tide")]
    golden("plugins/a-site-s-words", "\n".join(words))
    assert answers(plugins, "sea", Interruption("removal", "tide", "via condor_rm")) == (checks, [])


def test_a_plugin_whose_pool_limits_its_steps_is_asked_of_this_pool_alone(site: Site, plugins: Plugins) -> None:
    site.install("boats", ANSWERS.format(limits=True))
    assert answers(plugins, "sea") == ([], [])
    checks, words = answers(plugins, "harbour")
    assert (len(checks), len(words)) == (1, 1)


def test_all_plugins_are_asked_by_name(site: Site, plugins: Plugins) -> None:
    for name in ("gamma", "alpha"):
        site.install(name, f"@hookimpl\ndef htmap_site_words(): return SiteWords({name!r})", f"dist-of-{name}")
    assert [words.split()[-1] for words in plugins.site_words("sea", HELD)] == ["alpha", "gamma"]


WRONG = {
    "htmap_checks": {
        "nothing": "None",
        "text": "'all is well'",
        "another object": "[Check('water', 'ok', 'high'), 3]",
        "an unknown verdict": "[Check('water', 'fine', 'high')]",
        "text that is none": "[Check('water', 'ok', None)]",
        "an exception": "[1 / 0]",
        "an exception of its own": "leak()",
        "an end of the program": "exit()",
    },
    "htmap_site_words": {
        "text": "'too much cargo'",
        "text that is none": "SiteWords(3)",
        "an exception": "1 / 0",
        "an exception of its own": "leak()",
        "an end of the program": "exit()",
    },
}
LEAK = """
class Leak(HTMapException):
    def __str__(self): return "there is a leak"
def leak(): raise Leak
"""


@pytest.mark.parametrize(("hook", "what"), [(hook, what) for hook, each in WRONG.items() for what in each])
def test_a_wrong_answer_names_its_plugin_and_no_other_is_lost(
    site: Site, plugins: Plugins, hook: str, what: str, golden: Golden
) -> None:
    site.install("boats", f"{LEAK}\n@hookimpl\ndef {hook}(): return {WRONG[hook][what]}")
    site.install("zeppelins", ANSWERS.format(limits=False))
    if hook == "htmap_checks":
        (blamed,) = (each for each in plugins.checks(HARBOUR) if "boats" in each.text)
        assert (blamed.area, blamed.verdict) == ("plugins", "problem")
        told = f"{blamed.text}\n{blamed.advice}"
    else:
        told = next(iter(plugins.site_words("harbour", HELD)))
    golden(f"plugins/wrong-answer-{hook}-{what.replace(' ', '-')}", told)
    checks, words = answers(plugins, "harbour")
    assert (len(checks), "cargo" in words[-1]) == (1, True)


@pytest.mark.parametrize("hook", WRONG)
def test_an_answer_that_does_not_come_is_given_up(site: Site, plugins: Plugins, hook: str) -> None:
    site.install("boats", f"import time\n@hookimpl\ndef {hook}(): time.sleep(60)")
    settings["PLUGINS.TIME_LIMIT"] = 0.2
    begin = time.monotonic()
    told = [each.text for each in plugins.checks(HARBOUR)] + list(plugins.site_words("harbour", HELD))
    assert time.monotonic() - begin < 30
    assert [hook in text for text in told if "boats" in text] == [True]
