"""Plugins, as they are: throw-away distributions in a folder on Python's path."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

import htmap
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolAddress
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import InvalidSetting, PluginError, SubmitConflict, UnknownPythonDeliveryMethod
from htmap_core.plugins.calls import Plugins, registered
from htmap_core.plugins.record import FIRST_PARTY, PluginRecord
from htmap_core.settings.chain import Settings, settings
from tests.golden_files import Golden
from tests.threads import at_once
from tests.throwaway_plugins import ROWBOAT, Site


class NoSlots:
    """A pool without slots."""

    address = PoolAddress("empty")
    is_local = False

    def slots(self, projection: Any = ()) -> list[Mapping[str, Any]]:
        return []

    def count(self, expression: str) -> tuple[int, int]:
        return 0, 0

    def parameter(self, name: str) -> str | None:
        return None


@pytest.fixture
def plan(tmp_path: Path) -> MapPlan:
    return MapPlan(
        tag="tide",
        map_dir=tmp_path,
        runtime=tmp_path / "runtime.pyz",
        components=3,
        jobs=3,
        options=MapOptions(),
        settings=Settings(),
        pool=NoSlots(),
    )


def record_of(plugins: Plugins, name: str) -> PluginRecord:
    (record,) = (record for record in plugins.records() if record.name == name)
    return record


# --- a plugin that works


def test_threads_that_ask_at_once_find_all_plugins_and_each_is_asked_once(site: Site, plugins: Plugins) -> None:
    source = """
    import time
    time.sleep(0.5)
    ASKED = []
    @hookimpl
    def htmap_delivery_methods():
        ASKED.append(1)
        time.sleep(0.05)
        return [Method(f"boat-{len(ASKED)}")]
    """
    site.install("boats", source)

    def later() -> set[str]:
        time.sleep(0.2)  # while plugins are loaded
        return set(plugins.delivery_methods())

    found = at_once(*[lambda: set(plugins.delivery_methods())] * 3, *[later] * 3)
    assert all(each == found[0] for each in found)
    assert {"boat-1"} == {name for name in found[0] if name.startswith("boat-")}


def test_a_plugin_is_found_through_the_metadata_of_its_distribution(site: Site, plugins: Plugins) -> None:
    site.install("boats")
    record = record_of(plugins, "boats")
    assert (record.distribution, record.version, record.state, record.reason) == ("htmap-boats", "1.2.3", "ok", "")
    assert record.hooks == ("htmap_delivery_methods",)
    assert record.offers == {"delivery methods": ["rowboat"]}
    assert plugins.delivery_method("rowboat").name == "rowboat"


def test_the_core_is_a_plugin_too(plugins: Plugins) -> None:
    record = plugins.records()[0]
    assert (record.name, record.distribution, record.version) == ("core", "htmap-core", htmap.__version__)
    assert "https" in plugins.transfer_protocols()
    assert "machine" in [pool.name for pool in plugins.pools()]


def test_no_plugin_is_loaded_before_one_is_needed(site: Site, tmp_path: Path) -> None:
    marker = tmp_path / "loaded"
    site.install("boats", f"open({str(marker)!r}, 'w').close()\n{ROWBOAT}")
    plugins = Plugins()
    assert not marker.exists()
    plugins.delivery_methods()
    assert marker.exists()


def test_an_offer_is_asked_for_once_in_a_process(site: Site, plugins: Plugins, tmp_path: Path) -> None:
    log = tmp_path / "log"
    site.install(
        "boats",
        f"""
        @hookimpl
        def htmap_delivery_methods():
            with open({str(log)!r}, "a") as file:
                file.write("asked ")
            return [Method("rowboat")]
        """,
    )
    first = plugins.delivery_method("rowboat")
    assert plugins.delivery_method("rowboat") is first
    plugins.records()
    assert log.read_text() == "asked "


EVERYTHING = """
@attrs.frozen
class Table:
    image: str = "python"

class Harbour(Pool):
    name = "harbour"
    rank = 1000
    def find(self): return None
    def advice(self): return "there is no water"

@hookimpl
def htmap_delivery_methods(): return (Method("rowboat"), Method("raft"))
@hookimpl
def htmap_transfer_protocols(): return [TransferProtocol("semaphore")]
@hookimpl
def htmap_pools(): return [Harbour()]
@hookimpl
def htmap_settings(): return {"boats": Table}
@hookimpl
def htmap_commands(): return [click.Command("sail")]
@hookimpl
def htmap_setup_credentials(submit, plan): submit.set_attribute("Flag", '"red"')
@hookimpl
def htmap_rewrite_submit(plan, submit): submit.set_attribute("Tag", f'"{plan.tag}"')
"""


def test_every_hook_is_called_and_its_offers_are_listed(site: Site, plugins: Plugins, plan: MapPlan) -> None:
    site.install("boats", EVERYTHING)
    assert record_of(plugins, "boats").offers == {
        "delivery methods": ["rowboat", "raft"],
        "transfer protocols": ["semaphore"],
        "pools": ["harbour"],
        "settings": ["BOATS"],
        "commands": ["sail"],
    }
    submit = SubmitDescription()
    plugins.setup_credentials(submit, plan)
    plugins.rewrite_submit(submit, plan)
    assert submit.commands() == {"MY.Flag": '"red"', "MY.Tag": '"tide"'}


def test_htmap_delivery_methods_is_asked(site: Site, plugins: Plugins) -> None:
    site.install("boats", EVERYTHING)
    assert {"rowboat", "raft", "assume"} <= plugins.delivery_methods().keys()


def test_htmap_transfer_protocols_is_asked(site: Site, plugins: Plugins) -> None:
    site.install("boats", EVERYTHING)
    assert plugins.transfer_protocols()["semaphore"].scheme == "semaphore"


def test_htmap_pools_is_asked_and_the_highest_rank_comes_first(site: Site, plugins: Plugins) -> None:
    site.install("boats", EVERYTHING)
    pools = plugins.pools()
    assert pools[0].name == "harbour"
    assert [pool.rank for pool in pools] == sorted((pool.rank for pool in pools), reverse=True)


def test_htmap_settings_is_asked(site: Site, plugins: Plugins) -> None:
    site.install("boats", EVERYTHING)
    assert plugins.settings_tables()["BOATS"].__name__ == "Table"


def test_htmap_commands_is_asked(site: Site, plugins: Plugins) -> None:
    site.install("boats", EVERYTHING)
    assert plugins.commands()["sail"].name == "sail"


@pytest.mark.parametrize("hook", ["htmap_setup_credentials", "htmap_rewrite_submit"])
def test_steps_are_taken_in_the_order_of_the_plugins_names(
    site: Site, plugins: Plugins, plan: MapPlan, hook: str
) -> None:
    for name, distribution in (("gamma", "a-dist"), ("alpha", "c-dist"), ("beta", "b-dist")):
        site.install(name, f"@hookimpl\ndef {hook}(submit): submit.require({name!r})", distribution)
    submit = SubmitDescription()
    getattr(plugins, hook.removeprefix("htmap_"))(submit, plan)
    assert submit.requirements == "(alpha) && (beta) && (gamma)"


# --- a plugin that is broken


HOOK = "@hookimpl\ndef htmap_delivery_methods(): "
BROKEN = {
    "import error": ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
    "syntax error": ("def", "SyntaxError: "),
    "exit at import": ("import sys; sys.exit('no boat')", "SystemExit: no boat"),
    "exception at import": ("raise ValueError('leak')", "ValueError: leak"),
    "misspelt hook": (
        "@hookimpl\ndef htmap_delivery_method(): return []",
        "there is no hook 'htmap_delivery_method'; did you mean 'htmap_delivery_methods'?",
    ),
    "forgotten marker": (
        "def htmap_delivery_methods(): return []",
        "htmap_delivery_methods is not marked with @htmap_core.hookimpl",
    ),
    "wrong argument": (
        "@hookimpl\ndef htmap_rewrite_submit(submit, map): pass",
        "(submit, map); Argument(s) {'map'} are",
    ),
    "argument of an offer": ("@hookimpl\ndef htmap_delivery_methods(pool): return []", "{'pool'}"),
    "no hook": ("x = 1", "implements no hook"),
    "exception": (HOOK + "1 / 0", "htmap_delivery_methods failed: ZeroDivisionError: division by zero"),
    "exit": (HOOK + "raise SystemExit(3)", "htmap_delivery_methods failed: SystemExit: 3"),
    "wrong type in it": (HOOK + "return [3]", "must return DeliveryMethod objects, not [3]"),
    "classes": (HOOK + "return [Method]", "must return DeliveryMethod objects, not [<class"),
    "no name": (HOOK + "return [Method(None)]", "must return DeliveryMethod objects with a name, not [None]"),
    "empty name": (HOOK + "return [Method('')]", "must return DeliveryMethod objects with a name, not ['']"),
    "a name that raises": (
        """
        class Odd(Method):
            name = property(lambda self: 1 / 0, lambda self, name: None)
        @hookimpl
        def htmap_delivery_methods(): return [Odd("odd")]
        """,
        "ZeroDivisionError",
    ),
    "settings that are no class": (
        "@hookimpl\ndef htmap_settings(): return {'BOATS': 3}",
        "htmap_settings must map names to attrs classes, not 'BOATS' to 3",
    ),
    "settings that are no attrs class": (
        "@hookimpl\ndef htmap_settings(): return {'BOATS': int}",
        "htmap_settings must map names to attrs classes, not 'BOATS' to <class 'int'>",
    ),
    "settings without a default": (
        """
        @attrs.frozen
        class Table:
            image: str
        @hookimpl
        def htmap_settings(): return {"BOATS": Table}
        """,
        "htmap_settings offers the table 'BOATS' without a default for image",
    ),
    "settings of the core": (
        """
        @attrs.frozen
        class Table: ...
        @hookimpl
        def htmap_settings(): return {"map_options": Table}
        """,
        "htmap_settings offers the table 'map_options', which is the core's own",
    ),
    "a table that is a list": (
        "@hookimpl\ndef htmap_settings(): return []",
        "htmap_settings must return a Mapping, not []",
    ),
    "the same name twice": (
        HOOK + "return [Method('raft'), Method('raft')]",
        "its htmap_delivery_methods offers 'raft', which plugin 'boats' offers already",
    ),
}
NO_TRACEBACK = {name for name in BROKEN if name.startswith(("settings", "a table", "the same"))}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_plugin_is_kept_with_its_reason(site: Site, plugins: Plugins, what: str) -> None:
    source, reason = BROKEN[what]
    site.install("boats", source)
    record = record_of(plugins, "boats")
    assert (record.distribution, record.version, record.state) == ("htmap-boats", "1.2.3", "broken")
    assert reason in record.reason
    assert record.offers == {}
    assert ("Traceback" in record.traceback) == (what not in NO_TRACEBACK)


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_plugin_is_switched_off_alone(site: Site, plugins: Plugins, plan: MapPlan, what: str) -> None:
    site.install("boats", BROKEN[what][0])
    site.install("afloat", HOOK + "return [Method('buoy')]")
    site.install("zeppelins", HOOK + "return [Method('zeppelin')]")
    plugins.records()
    assert {"assume", "shared", "buoy", "zeppelin"} <= plugins.delivery_methods().keys()
    assert "https" in plugins.transfer_protocols()
    plugins.rewrite_submit(SubmitDescription(), plan)


@pytest.mark.parametrize("answer", ["None", "'rowboat'", "{'rowboat': 1}", "3", "Method('rowboat')", "(x for x in ())"])
def test_an_offer_that_is_not_a_sequence_is_refused(site: Site, plugins: Plugins, answer: str, golden: Golden) -> None:
    site.install("boats", HOOK + f"return {answer}")
    kind = re.compile("(?<=not ).*")
    golden("plugins/an-offer-that-is-no-sequence-is-refused", record_of(plugins, "boats").reason, hide={kind: "TYPE"})


@pytest.mark.parametrize(
    ("module", "reason"), [("nowhere_to_be_found", "ModuleNotFoundError"), ("os:nothing_there", "AttributeError")]
)
def test_an_entry_point_that_leads_nowhere_is_a_broken_plugin(
    site: Site, plugins: Plugins, module: str, reason: str
) -> None:
    site.install("boats", module=module)
    assert reason in record_of(plugins, "boats").reason


def test_metadata_that_cannot_be_read_break_their_own_distribution_alone(
    site: Site, plugins: Plugins, golden: Golden
) -> None:
    site.install("boats")
    site.write_metadata("htmap-leaky", "[htmap]\nleaky = leaky\nno equals sign\n")
    record = record_of(plugins, "htmap-leaky")
    assert (record.distribution, record.state) == ("htmap-leaky", "broken")
    of_python = re.compile("(?<=read: ).*")
    golden("plugins/metadata-that-cannot-be-read-break-their-own", record.reason, hide={of_python: "WHY"})
    assert {"rowboat", "assume"} <= plugins.delivery_methods().keys()


def test_metadata_of_others_that_cannot_be_read_are_none_of_our_business(site: Site, plugins: Plugins) -> None:
    site.install("boats")
    site.write_metadata("something-else", "[console_scripts]\nno equals sign\n")
    assert record_of(plugins, "boats").state == "ok"
    assert "something-else" not in [record.name for record in plugins.records()]


def test_of_two_distributions_with_a_plugin_of_one_name_the_second_is_broken(
    site: Site, plugins: Plugins, golden: Golden
) -> None:
    site.install("boats", distribution="a-boats")
    site.install("boats", HOOK + "return [Method('raft')]", distribution="b-boats")
    first, second = (record for record in plugins.records() if record.name == "boats")
    assert (first.distribution, first.state, first.offers) == ("a-boats", "ok", {"delivery methods": ["rowboat"]})
    assert (second.distribution, second.state) == ("b-boats", "broken")
    golden("plugins/of-two-distributions-with-a-plugin-of-one-name", second.reason)


@pytest.mark.parametrize("distribution", ["a-docker", "zz-docker"])
def test_of_two_distributions_with_a_plugin_of_one_name_ours_keeps_it(
    site: Site, plugins: Plugins, distribution: str
) -> None:
    site.install("docker", HOOK + "return [Method('raft')]", distribution)
    records = [record for record in plugins.records() if record.name == "docker"]
    assert [(each.distribution, each.state) for each in records] == [("htmap-docker", "ok"), (distribution, "broken")]
    assert "raft" not in plugins.delivery_methods()


@pytest.mark.parametrize("plugin", ["alpha", "zulu"])
def test_what_ours_offer_is_nobody_elses(site: Site, plugins: Plugins, plugin: str) -> None:
    site.install(plugin, HOOK + "return [Method('docker'), Method('raft')]")
    assert type(plugins.delivery_method("docker")).__module__ == "htmap_docker.plugin"
    assert record_of(plugins, plugin).state == "broken"
    assert record_of(plugins, "docker").state == "ok"


@pytest.mark.parametrize("plugin", ["alpha", "zulu"])
def test_the_settings_of_ours_are_nobody_elses(site: Site, plugins: Plugins, plugin: str) -> None:
    site.install(plugin, "@attrs.frozen\nclass S: ...\n@hookimpl\ndef htmap_settings(): return {'DOCKER': S}")
    assert plugins.settings_tables()["DOCKER"].__module__ == "htmap_docker.plugin"
    assert record_of(plugins, plugin).state == "broken"


def test_how_long_an_import_took_is_known(site: Site, plugins: Plugins) -> None:
    site.install("boats", f"import time\ntime.sleep(0.2)\n{ROWBOAT}")
    assert record_of(plugins, "boats").seconds >= 0.2
    assert record_of(plugins, "assume").seconds < record_of(plugins, "boats").seconds


def test_nobody_else_can_be_the_core(site: Site, plugins: Plugins) -> None:
    site.install("core", distribution="impostor")
    first, second = (record for record in plugins.records() if record.name == "core")
    assert (first.distribution, first.state) == ("htmap-core", "ok")
    assert (second.distribution, second.state) == ("impostor", "broken")


def test_of_two_plugins_that_offer_one_name_the_second_is_broken(site: Site, plugins: Plugins, golden: Golden) -> None:
    site.install("alpha", HOOK + "return [Method('rowboat')]")
    site.install("beta", HOOK + "return [Method('rowboat'), Method('raft')]")
    method = plugins.delivery_method("rowboat")
    assert record_of(plugins, "alpha").offers == {"delivery methods": ["rowboat"]}
    assert plugins.delivery_method("rowboat") is method
    record = record_of(plugins, "beta")
    assert record.state == "broken"
    golden("plugins/of-two-plugins-that-offer-one-name-the-second", record.reason)
    assert "raft" not in plugins.delivery_methods()


def test_two_plugins_cannot_have_one_settings_table_in_two_cases(site: Site, plugins: Plugins, golden: Golden) -> None:
    for name, table in (("alpha", "boats"), ("beta", "BOATS")):
        site.install(
            name,
            f"""
            @attrs.frozen
            class Table: ...
            @hookimpl
            def htmap_settings(): return {{{table!r}: Table}}
            """,
        )
    assert record_of(plugins, "alpha").state == "ok"
    golden("plugins/two-plugins-cannot-have-one-settings-table-in-two", record_of(plugins, "beta").reason)


ONE_BAD_HOOK = """
@hookimpl
def htmap_delivery_methods(): return [Method("rowboat")]
@hookimpl
def htmap_transfer_protocols(): return [TransferProtocol("semaphore")]
@hookimpl
def htmap_rewrite_submit(submit): submit.require("never")
@hookimpl
def htmap_commands(): return ["sail"]
"""


def test_a_plugin_with_one_bad_hook_offers_nothing_at_all_any_more(site: Site, plugins: Plugins, plan: MapPlan) -> None:
    site.install("boats", ONE_BAD_HOOK)
    assert "rowboat" in plugins.delivery_methods()
    assert "sail" not in plugins.commands()
    assert "rowboat" not in plugins.delivery_methods()
    assert "semaphore" not in plugins.transfer_protocols()
    submit = SubmitDescription()
    plugins.rewrite_submit(submit, plan)
    assert submit.requirements is None
    assert record_of(plugins, "boats").offers == {}


def test_asking_for_what_a_broken_plugin_had_offered_raises_with_the_reason(
    site: Site, plugins: Plugins, golden: Golden
) -> None:
    site.install("boats", ONE_BAD_HOOK)
    plugins.records()
    with pytest.raises(PluginError) as caught:
        plugins.delivery_method("rowboat")
    golden("plugins/asking-for-what-a-broken-plugin-had-offered", caught.value)


# --- asking for a delivery method


def test_an_unknown_delivery_method_lists_the_installed_ones(site: Site, plugins: Plugins, golden: Golden) -> None:
    site.install("boats")
    with pytest.raises(UnknownPythonDeliveryMethod) as caught:
        plugins.delivery_method("rowbaot", "~/.htmaprc")
    text = str(caught.value)
    golden("plugins/an-unknown-delivery-method-lists-the-installed", text)
    assert "rowboat" in plugins.delivery_methods()
    assert f"installed: {', '.join(sorted(plugins.delivery_methods()))}." in text
    assert caught.value.hint is None


@pytest.mark.parametrize("name", FIRST_PARTY)
def test_a_method_of_ours_that_is_not_installed_is_hinted_at(
    htmap_dir: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch, name: str, golden: Golden
) -> None:
    monkeypatch.setattr(
        "htmap_core.plugins.sources.installed.entry_points", lambda **_: []
    )  # a fresh machine: nothing is installed
    with pytest.raises(UnknownPythonDeliveryMethod) as caught:
        plugins.delivery_method(name)
    assert caught.value.name == name
    golden("plugins/a-method-of-ours-that-is-not-installed-is-hinted", caught.value, hide={name: "NAME"})


@pytest.mark.parametrize("name", ["dockr", "Docker ", "docker; rm -rf ~", "evil", "core", "htmap-docker", ""])
def test_no_pip_command_is_made_of_what_somebody_typed(htmap_dir: Path, plugins: Plugins, name: str) -> None:
    with pytest.raises(UnknownPythonDeliveryMethod) as caught:
        plugins.delivery_method(name)
    assert "pip" not in str(caught.value)


def test_nobody_is_told_to_install_what_is_installed(site: Site, plugins: Plugins) -> None:
    site.install("cern", "@hookimpl\ndef htmap_pools(): return []")
    with pytest.raises(UnknownPythonDeliveryMethod) as caught:
        plugins.delivery_method("cern")
    assert caught.value.hint is None


def test_asking_for_the_method_of_a_broken_plugin_raises_with_the_reason(
    site: Site, plugins: Plugins, golden: Golden
) -> None:
    site.install("docker", "import nowhere_to_be_found")
    with pytest.raises(PluginError) as caught:
        plugins.delivery_method("docker")
    assert (caught.value.plugin, caught.value.distribution) == ("docker", "htmap-docker")
    golden("plugins/asking-for-the-method-of-a-broken-plugin-raises", caught.value)


# --- what the program itself registers


def test_a_registered_method_is_there_and_wins_over_a_plugin(site: Site, plugins: Plugins) -> None:
    site.install("boats")
    method = registered("rowboat", lambda *_: {})
    plugins.register_delivery_method(method)
    assert plugins.delivery_method("rowboat") is method


def test_a_failure_of_a_registered_method_is_not_blamed_on_a_plugin(
    site: Site, plugins: Plugins, plan: MapPlan, golden: Golden
) -> None:
    site.install("boats")
    method = registered("rowboat", lambda tag, _: {}[tag])
    plugins.register_delivery_method(method)
    plugins.records()
    with pytest.raises(PluginError) as caught:
        plugins.describe(method, SubmitDescription(), plan)
    golden("plugins/a-failure-of-a-registered-method-is-not-blamed", caught.value)


# --- what goes wrong while a map is made


@pytest.mark.parametrize("hook", ["htmap_setup_credentials", "htmap_rewrite_submit"])
@pytest.mark.parametrize("raised", ["ValueError('leak')", "SystemExit('leak')"])
def test_an_exception_in_a_step_names_plugin_and_distribution(
    site: Site, plugins: Plugins, plan: MapPlan, hook: str, raised: str
) -> None:
    site.install("boats", f"@hookimpl\ndef {hook}(submit): raise {raised}")
    with pytest.raises(PluginError) as caught:
        getattr(plugins, hook.removeprefix("htmap_"))(SubmitDescription(), plan)
    assert (caught.value.plugin, caught.value.distribution) == ("boats", "htmap-boats")
    assert caught.value.reason == f"{hook} failed: {raised[: raised.index('(')]}: leak"
    assert type(caught.value.__cause__).__name__ in raised
    assert "Traceback" in record_of(plugins, "boats").traceback


@pytest.mark.parametrize("hook", ["htmap_setup_credentials", "htmap_rewrite_submit"])
def test_what_htmap_raises_in_a_step_reaches_the_user_as_it_is(
    site: Site, plugins: Plugins, plan: MapPlan, hook: str
) -> None:
    site.install("boats", f"@hookimpl\ndef {hook}(submit): submit.set('request_cpus', 2)")
    submit = SubmitDescription()
    submit.set("request_cpus", 1)
    with pytest.raises(SubmitConflict):
        getattr(plugins, hook.removeprefix("htmap_"))(submit, plan)


LEAKY = """
class Leaky(Method):
    def check(self, pool): raise {error}
    def prepare(self, plan): raise {error}
    def describe(self, submit, plan): raise {error}
class Sunk(Pool):
    name = "sunk"
    def find(self): raise {error}
    def start(self): raise {error}
    def starts_when_needed(self): raise {error}
    def advice(self): raise {error}
@hookimpl
def htmap_delivery_methods(): return [Leaky("leaky")]
@hookimpl
def htmap_pools(): return [Sunk()]
"""


@pytest.mark.parametrize("error", ["ValueError('leak')", "SystemExit('leak')"])
@pytest.mark.parametrize("call", ["prepare", "describe", "find", "start", "starts_when_needed", "advice"])
def test_an_exception_in_what_a_plugin_offered_names_plugin_and_distribution(
    site: Site, plugins: Plugins, plan: MapPlan, call: str, error: str
) -> None:
    site.install("boats", LEAKY.format(error=error))
    plugins.records()
    method, pool = plugins.delivery_method("leaky"), next(pool for pool in plugins.pools() if pool.name == "sunk")
    calls: dict[str, Callable[[], object]] = {
        "prepare": lambda: plugins.prepare(method, plan),
        "describe": lambda: plugins.describe(method, SubmitDescription(), plan),
        "find": lambda: plugins.find(pool),
        "start": lambda: plugins.start(pool),
        "starts_when_needed": lambda: plugins.starts_when_needed(pool),
        "advice": lambda: plugins.advice(pool),
    }
    with pytest.raises(PluginError) as caught:
        calls[call]()
    assert (caught.value.plugin, caught.value.distribution) == ("boats", "htmap-boats")
    assert caught.value.reason == f"{call} failed: {error[: error.index('(')]}: leak"


ASLEEP = """
class Asleep(Method):
    async def prepare(self, plan): pass
    def describe(self, submit, plan): yield
def later(function):
    return lambda submit: function(submit)
@hookimpl
@later
async def htmap_rewrite_submit(submit): pass
htmap_rewrite_submit.__name__ = "htmap_rewrite_submit"
@hookimpl
def htmap_delivery_methods(): return [Asleep("asleep")]
"""


@pytest.mark.parametrize("call", ["prepare", "describe", "htmap_rewrite_submit"])
def test_what_returns_before_it_has_run_is_an_error(site: Site, plugins: Plugins, plan: MapPlan, call: str) -> None:
    site.install("boats", ASLEEP)
    plugins.records()
    method, submit = plugins.delivery_method("asleep"), SubmitDescription()
    calls: dict[str, Callable[[], object]] = {
        "prepare": lambda: plugins.prepare(method, plan),
        "describe": lambda: plugins.describe(method, submit, plan),
        "htmap_rewrite_submit": lambda: plugins.rewrite_submit(submit, plan),
    }
    with pytest.raises(PluginError) as caught:
        calls[call]()
    assert (caught.value.plugin, caught.value.distribution) == ("boats", "htmap-boats")
    assert caught.value.reason.startswith(call)


@pytest.mark.parametrize("error", ["ValueError('leak')", "SystemExit('leak')"])
def test_a_check_that_fails_makes_the_method_unknown_and_the_last_choice(
    site: Site, plugins: Plugins, error: str
) -> None:
    site.install("boats", LEAKY.format(error=error))
    found = plugins.check(plugins.delivery_method("leaky"), NoSlots())
    assert (found.verdict, found.rank) == ("unknown", -100)
    assert found.reason.endswith("leak")


def test_a_check_that_answers_with_something_else_makes_the_method_unknown(
    site: Site, plugins: Plugins, golden: Golden
) -> None:
    site.install("boats", "class M(Method):\n    def check(self, pool): return True\n" + HOOK + "return [M('rowboat')]")
    found = plugins.check(plugins.delivery_method("rowboat"), NoSlots())
    assert (found.verdict, found.rank) == ("unknown", -100)
    golden("plugins/a-check-that-answers-with-something-else", found.reason)


LACKS = "class M(Method):\n    def lacks(self, modules, options): {answer}\n"


def test_a_method_lacks_no_modules_unless_it_says_so(site: Site, plugins: Plugins) -> None:
    site.install("boats")
    assert plugins.lacks(plugins.delivery_method("rowboat"), {"numpy"}, MapOptions()) == set()


def test_a_method_can_lack_only_what_it_is_asked_about(site: Site, plugins: Plugins) -> None:
    site.install("boats", LACKS.format(answer="return ['numpy', 'sails']") + HOOK + "return [M('rowboat')]")
    assert plugins.lacks(plugins.delivery_method("rowboat"), {"numpy", "scipy"}, MapOptions()) == {"numpy"}


@pytest.mark.parametrize(
    "answer", ["return 'numpy'", "return [['numpy']]", "return None", "return True", "raise ValueError('leak')"]
)
def test_a_method_that_does_not_tell_what_it_lacks_is_named_with_its_plugin(
    site: Site, plugins: Plugins, answer: str
) -> None:
    site.install("boats", LACKS.format(answer=answer) + HOOK + "return [M('rowboat')]")
    with pytest.raises(PluginError) as caught:
        plugins.lacks(plugins.delivery_method("rowboat"), {"numpy"}, MapOptions())
    assert (caught.value.plugin, caught.value.distribution) == ("boats", "htmap-boats")


def test_the_settings_of_plugins_with_delivery_methods_are_known_apart(site: Site, plugins: Plugins) -> None:
    table = "\n@attrs.frozen\nclass S:\n    sails: int = 3\n@hookimpl\ndef htmap_settings(): return {{'{name}': S}}\n"
    site.install("boats", table.format(name="BOATS") + ROWBOAT)
    site.install("shore", table.format(name="SHORE"))
    assert {"BOATS", "SHORE"} <= set(plugins.settings_tables())
    assert "BOATS" in plugins.tables_of_delivery_methods()
    assert "SHORE" not in plugins.tables_of_delivery_methods()


def test_a_method_and_a_pool_that_work_are_simply_called(site: Site, plugins: Plugins, plan: MapPlan) -> None:
    site.install("boats", EVERYTHING)
    submit = SubmitDescription()
    method = plugins.delivery_method("rowboat")
    plugins.prepare(method, plan)
    plugins.describe(method, submit, plan)
    assert submit.get("+DescribedBy") == '"rowboat"'
    pool = plugins.pools()[0]
    assert plugins.find(pool) is None
    assert plugins.start(pool) is None
    assert plugins.starts_when_needed(pool) is False
    assert plugins.advice(pool) == "there is no water"


# --- switches


def test_htmap_plugins_restricts_to_those_it_names(
    site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    site.install("boats")
    monkeypatch.setenv("HTMAP_PLUGINS", " boats, assume ,")
    assert set(plugins.delivery_methods()) == {"rowboat", "assume"}
    record = record_of(plugins, "shared")
    assert record.state == "disabled"
    golden("plugins/htmap-plugins-restricts-to-those-it-names", record.reason)


def test_htmap_plugins_may_be_a_list_as_in_settings_files(
    site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("boats")
    monkeypatch.setenv("HTMAP_PLUGINS", '["boats", "assume"]')
    assert set(plugins.delivery_methods()) == {"rowboat", "assume"}


def test_htmap_plugins_without_a_name_means_none_but_the_core(
    htmap_dir: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_PLUGINS", "")
    assert plugins.delivery_methods() == {}
    assert "https" in plugins.transfer_protocols()
    assert {record.name for record in plugins.records() if record.state == "ok"} == {"core"}


def test_a_plugin_that_htmap_plugins_names_and_nobody_installed_is_listed_with_what_was_meant(
    site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    site.install("boats")
    monkeypatch.setenv("HTMAP_PLUGINS", "baots,assume")
    record = record_of(plugins, "baots")
    assert record.state == "broken"
    golden("plugins/a-plugin-that-htmap-plugins-names-and-nobody", record.reason)
    with pytest.raises(UnknownPythonDeliveryMethod):
        plugins.delivery_method("baots")


def test_a_plugin_that_the_settings_disable_is_not_loaded_and_says_so(
    site: Site, plugins: Plugins, golden: Golden
) -> None:
    site.install("boats", "raise ValueError('loaded')")
    settings["PLUGINS.DISABLED"] = ["boats"]
    record = record_of(plugins, "boats")
    assert record.state == "disabled"
    golden("plugins/a-plugin-that-the-settings-disable-is-not-loaded-1", record.reason)
    with pytest.raises(PluginError) as caught:
        plugins.delivery_method("boats")
    golden("plugins/a-plugin-that-the-settings-disable-is-not-loaded-2", caught.value)


def test_a_mistake_in_the_settings_leaves_no_plugins_half_loaded(site: Site, plugins: Plugins) -> None:
    site.install("boats")
    settings["PLUGINS.DISABLED"] = {"boats": True}
    with pytest.raises(InvalidSetting, match=r"PLUGINS\.DISABLED"):
        plugins.delivery_methods()
    settings["PLUGINS.DISABLED"] = []
    assert "rowboat" in plugins.delivery_methods()


def test_tables_of_plugins_that_cannot_be_asked_are_not_checked(site: Site, plugins: Plugins) -> None:
    site.install("boats", "import nowhere_to_be_found")
    plugins.settings_tables()
    assert {"BOATS", "DOCKER"} <= set(plugins.tables_of_unavailable_plugins())
    assert "ASSUME" in plugins.tables_of_unavailable_plugins()


@pytest.mark.parametrize(("value", "traced"), [("1", True), ("0", False), ("", False)])
def test_every_call_of_a_hook_is_traced_on_demand(
    site: Site,
    plugins: Plugins,
    plan: MapPlan,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    value: str,
    traced: bool,
) -> None:
    site.install("boats", EVERYTHING)
    monkeypatch.setenv("HTMAP_TRACE_PLUGINS", value)
    plugins.delivery_methods()
    plugins.rewrite_submit(SubmitDescription(), plan)
    said = capsys.readouterr().err
    assert [hook in said for hook in ("htmap_delivery_methods", "htmap_rewrite_submit")] == [traced, traced]


# --- for which maps


@pytest.mark.parametrize("hook", ["htmap_setup_credentials", "htmap_rewrite_submit"])
@pytest.mark.parametrize(
    ("limits", "goes_to", "is_called"),
    [
        ({"quay": True, "pier": False}, "quay", True),
        ({"quay": True, "pier": False}, "pier", False),
        ({"quay": True, "pier": True}, "pier", True),
        ({"quay": True, "pier": True}, "empty", False),
        ({"quay": False, "pier": False}, "empty", True),
    ],
)
def test_steps_are_for_maps_of_the_plugins_own_pools_where_these_say_so(
    site: Site, plugins: Plugins, plan: MapPlan, hook: str, limits: dict[str, bool], goes_to: str, is_called: bool
) -> None:
    source = f"""
    class Place(Pool):
        rank = 1
        def __init__(self, name, limits_steps): self.name, self.limits_steps = name, limits_steps
        def find(self): return None
        def advice(self): return ""
    @hookimpl
    def htmap_pools(): return [Place(*each) for each in {limits}.items()]
    @hookimpl
    def {hook}(submit): submit.require("boats")
    """
    site.install("boats", source)
    site.install("others", f"@hookimpl\ndef {hook}(submit): submit.require('others')")
    pool = NoSlots()
    pool.address = PoolAddress(goes_to)
    submit = SubmitDescription()
    getattr(plugins, hook.removeprefix("htmap_"))(submit, attrs.evolve(plan, pool=pool))
    assert submit.requirements == ("(boats) && (others)" if is_called else "others")
    alone = {place for place, limits_it in limits.items() if limits_it}
    found = {record.name: own for record, own in plugins.steps(hook)}
    assert (found["boats"], found["others"]) == (alone, set())
