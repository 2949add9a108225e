"""What is said of plugins that maps go without, and which of them stop a map."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

import pytest

import htmap
from htmap.exceptions import InvalidSetting, PluginIsOff, RequiredPluginError, SuspiciousMap
from htmap_core import HOOKS_VERSION
from htmap_core.plugins.calls import Plugins
from htmap_core.plugins.faults import Fault, Faults, faults
from htmap_core.settings.chain import settings
from tests.threads import at_once
from tests.throwaway_plugins import ROWBOAT, Site

OFFER = "@hookimpl\ndef {hook}(): "
STEP = "@hookimpl\ndef htmap_rewrite_submit(submit): submit.set_default('+Project', '\"tides\"')\n"
FAULTS = {
    "import error of a dependency": "import nowhere_to_be_found",
    "exception at import": "1 / 0",
    "exit at import": "raise SystemExit(1)",
    "misspelt hook": "@hookimpl\ndef htmap_rewrite_submti(submit): pass",
    "wrong argument of a step": "@hookimpl\ndef htmap_setup_credentials(submit, map): pass",
    "forgotten marker": "def htmap_rewrite_submit(submit): pass",
    "coroutine": "@hookimpl\nasync def htmap_rewrite_submit(submit): pass",
    "asynchronous generator": "@hookimpl\nasync def htmap_rewrite_submit(submit): yield",
    "generator": "@hookimpl\ndef htmap_setup_credentials(submit):\n    yield",
    "methods that raise": STEP + OFFER.format(hook="htmap_delivery_methods") + "1 / 0",
    "pools that raise": STEP + OFFER.format(hook="htmap_pools") + "1 / 0",
    "pools of the wrong type": STEP + OFFER.format(hook="htmap_pools") + "return [3]",
    "protocols of the wrong type": STEP + OFFER.format(hook="htmap_transfer_protocols") + "return 3",
    "settings of the wrong type": STEP + OFFER.format(hook="htmap_settings") + "return []",
    "settings of a class that is none": STEP + OFFER.format(hook="htmap_settings") + "return {'BOATS': 3}",
}


def told_by(check: Faults) -> list[PluginIsOff]:
    """Return the warnings of a check."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check.check()
    return [each.message for each in caught if isinstance(each.message, PluginIsOff)]


def only_fault(plugins: Plugins) -> Fault:
    (fault,) = faults(plugins.records_for_maps())
    return fault


# --- each fault is told, and stops the maps that must not go without the plugin


@pytest.mark.parametrize("what", FAULTS)
def test_a_plugin_that_does_not_work_is_told_with_distribution_reason_and_advice(
    site: Site, plugins: Plugins, what: str
) -> None:
    site.install("boats", FAULTS[what])
    (told,) = told_by(Faults(plugins))
    (record,) = (each for each in plugins.records() if each.name == "boats")
    assert (told.plugin, told.distribution) == ("boats", "htmap-boats")
    assert record.state == "broken"
    assert record.reason in told.reason
    assert "`pip uninstall htmap-boats`" in told.advice
    assert isinstance(told, SuspiciousMap)


@pytest.mark.parametrize("what", FAULTS)
def test_a_required_plugin_that_does_not_work_stops_maps(site: Site, plugins: Plugins, what: str) -> None:
    site.install("boats", FAULTS[what])
    settings["PLUGINS.REQUIRED"] = ["boats"]
    with pytest.raises(RequiredPluginError) as caught:
        Faults(plugins).check()
    (record,) = (each for each in plugins.records() if each.name == "boats")
    assert (caught.value.plugin, caught.value.distribution) == ("boats", "htmap-boats")
    assert record.reason in caught.value.reason
    assert caught.value.advice == record.advice
    assert caught.value.origin == settings.origin("PLUGINS.REQUIRED")


def test_a_plugin_of_a_name_that_is_taken_is_told_with_the_distribution_to_uninstall(
    site: Site, plugins: Plugins
) -> None:
    site.install("boats", distribution="a-boats")
    site.install("boats", STEP, distribution="b-boats")
    fault = only_fault(plugins)
    assert (fault.plugin, fault.distribution) == ("boats", "b-boats")
    assert "`pip uninstall b-boats`" in fault.advice


def test_a_required_name_that_two_distributions_have_stops_maps(site: Site, plugins: Plugins) -> None:
    site.install("boats", distribution="a-boats")
    site.install("boats", STEP, distribution="b-boats")
    settings["PLUGINS.REQUIRED"] = ["boats"]
    with pytest.raises(RequiredPluginError) as caught:
        Faults(plugins).check()
    assert caught.value.distribution == "b-boats"


def test_one_whose_modules_were_uninstalled_is_told(site: Site, plugins: Plugins) -> None:
    site.install("cern-of-old", module="htmap_of_nobody", distribution="htmap-of-nobody")
    assert only_fault(plugins).distribution == "htmap-of-nobody"


def test_one_whose_metadata_were_uninstalled_is_told_with_the_folder_of_its_remains(
    site: Site, plugins: Plugins
) -> None:
    site.install("boats", module="htmap_of_nobody")
    (site.folder / "htmap_boats-1.2.3.dist-info" / "METADATA").unlink()
    site.install("boats", STEP, distribution="other-boats")  # beside it, so that the two are sorted
    found = [fault for fault in faults(plugins.records_for_maps()) if fault.plugin == "boats"]
    assert found
    assert any(str(site.folder) in fault.advice for fault in found)
    assert not any("None" in f"{fault.distribution}{fault.advice}" for fault in found)


def test_the_remains_of_an_installation_that_lead_to_the_same_module_are_no_fault(site: Site, plugins: Plugins) -> None:
    site.install("boats")
    (installed,) = site.folder.glob("htmap_boats-*")
    remains = site.folder / "~tmap_boats-1.2.3.dist-info"  # as pip renames what it is about to replace
    remains.mkdir()
    for each in installed.iterdir():
        (remains / each.name).write_text(each.read_text())
    assert [record.state for record in plugins.records() if record.name == "boats"] == ["ok"]
    assert faults(plugins.records()) == []


def test_one_whose_metadata_cannot_be_read_is_told(site: Site, plugins: Plugins) -> None:
    site.write_metadata("htmap-leaky", "[htmap]\nleaky = leaky\nno equals sign\n")
    assert only_fault(plugins).distribution == "htmap-leaky"


TOO_NEW = ["htmap-core>=99.1", "HTMap-Core (>=99)", "htmap_core[x] <100, >= 99.0.1; python_version > '3'"]
TOO_OLD = ["htmap-core<0.7", "htmap-core <0.7.0", "htmap-core>=0.5,<0.6", "htmap-core==0.6.1", "htmap-core~=0.6.0"]


@pytest.mark.parametrize("requirement", [*TOO_NEW, *TOO_OLD])
def test_one_that_needs_another_core_is_not_imported_and_says_so(
    site: Site, plugins: Plugins, requirement: str, tmp_path: Path
) -> None:
    site.install("boats", f"open({str(tmp_path / 'imported')!r}, 'w')\n{ROWBOAT}")
    site.require("htmap-boats", "attrs>=100")
    site.require("htmap-boats", requirement)
    fault = only_fault(plugins)
    assert not (tmp_path / "imported").exists()
    assert requirement in fault.reason
    assert ("`pip install --upgrade htmap-core`" in fault.advice) == (requirement in TOO_NEW)
    assert "`pip uninstall htmap-boats`" in fault.advice


@pytest.mark.parametrize(
    "requirement",
    [
        "htmap-core",
        f"htmap-core>={htmap.__version__}",
        "htmap-core<99,>=0.7",
        "htmap-core (>=0.1,<99)",
        f"htmap-core (>=0.1,<={htmap.__version__})",
        f"htmap-core~={htmap.__version__}",
        "htmap-core>=99; extra == 'sails'",
        "htmap-core>=99; python_version < '3'",
        "htmap-core-of-mine>=99",
    ],
)
def test_one_whose_requirements_are_met_is_used(site: Site, plugins: Plugins, requirement: str) -> None:
    site.install("boats")
    site.require("htmap-boats", requirement)
    assert "rowboat" in plugins.delivery_methods()


@pytest.mark.parametrize(
    "requirement", ["htmap-core>=?", "htmap-core >=0.7 <99", "htmap-core[", "htmap-core>=0.7; sails"]
)
def test_one_that_says_in_a_way_that_nobody_can_read_which_core_it_needs_is_off(
    site: Site, plugins: Plugins, requirement: str
) -> None:
    site.install("boats")
    site.require("htmap-boats", requirement)
    assert requirement in only_fault(plugins).reason
    assert "rowboat" not in plugins.delivery_methods()


@pytest.mark.parametrize("hooks", ["'99.0'", "'1.99'", "'0.9'"])
def test_one_that_needs_other_hooks_is_off_and_says_so(site: Site, plugins: Plugins, hooks: str) -> None:
    site.install("boats", f"HTMAP_HOOKS = {hooks}\n{ROWBOAT}")
    fault = only_fault(plugins)
    assert "rowboat" not in plugins.delivery_methods()
    assert hooks.strip("'") in fault.reason
    assert HOOKS_VERSION in fault.reason
    assert ("`pip install --upgrade htmap-core`" in fault.advice) == (hooks != "'0.9'")
    assert "`pip uninstall htmap-boats`" in fault.advice


@pytest.mark.parametrize("hooks", ["1.0", "'1'", "'1.0.0'", "'>=1.0'", "None, None"])
def test_one_that_says_wrongly_which_hooks_it_needs_is_off(site: Site, plugins: Plugins, hooks: str) -> None:
    site.install("boats", f"HTMAP_HOOKS = {hooks}\n{ROWBOAT}")
    assert "HTMAP_HOOKS" in only_fault(plugins).reason


@pytest.mark.parametrize("hooks", ["'1.0'", repr(HOOKS_VERSION), "None"])
def test_one_that_needs_these_hooks_is_used(site: Site, plugins: Plugins, hooks: str) -> None:
    site.install("boats", f"HTMAP_HOOKS = {hooks}\n{ROWBOAT}")
    assert "rowboat" in plugins.delivery_methods()


def test_one_that_has_a_hook_for_a_newer_core_too_is_used(site: Site, plugins: Plugins) -> None:
    newer = "@hookimpl(optionalhook=True)\ndef htmap_tokens(pool): return []\n"
    other_name = (
        "@hookimpl(specname='htmap_transfer_protocols')\ndef schemes(): return [TransferProtocol('semaphore')]\n"
    )
    site.install("boats", f"{newer}{other_name}{ROWBOAT}")
    assert "rowboat" in plugins.delivery_methods()
    assert "semaphore" in plugins.transfer_protocols()


@pytest.mark.parametrize("requirement", ["htmap-core", f"htmap-core>={htmap.__version__}", "htmap-core-of-mine>=99"])
def test_one_that_is_broken_under_the_core_it_asks_for_is_not_the_cores_fault(
    site: Site, plugins: Plugins, requirement: str
) -> None:
    site.install("boats", "1 / 0")
    site.require("htmap-boats", requirement)
    assert "--upgrade" not in only_fault(plugins).advice


def test_only_packages_of_ours_are_said_to_be_had_from_the_index(site: Site, plugins: Plugins) -> None:
    site.install("boats", "1 / 0")
    site.install("docker", "1 / 0", distribution="docker-of-my-site")
    assert not any(
        "pip install" in fault.advice for fault in faults(plugins.records_for_maps()) if fault.plugin == "boats"
    )
    assert all(
        "pip install " not in f.advice for f in faults(plugins.records_for_maps()) if "my-site" in f.distribution
    )


# --- what is off on purpose


def test_a_plugin_that_is_switched_off_is_off_in_silence(site: Site, plugins: Plugins) -> None:
    site.install("boats", "1 / 0")
    site.install("boats", distribution="other-boats")
    site.write_metadata("htmap-leaky", "[htmap]\nleaky = leaky\nno equals sign\n")
    settings["PLUGINS.DISABLED"] = ["boats", "htmap-leaky"]
    assert told_by(Faults(plugins)) == []
    assert [each.state for each in plugins.records() if each.name in {"boats", "htmap-leaky"}] == ["disabled"] * 3


def test_a_required_plugin_that_is_switched_off_stops_maps(site: Site, plugins: Plugins) -> None:
    site.install("boats")
    settings["PLUGINS.DISABLED"] = ["boats"]
    settings["PLUGINS.REQUIRED"] = ["boats"]
    with pytest.raises(RequiredPluginError) as caught:
        Faults(plugins).check()
    assert "PLUGINS.DISABLED" in caught.value.reason


def test_a_plugin_that_htmap_plugins_names_and_nobody_installed_is_told(
    site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_PLUGINS", "baots")
    (told,) = told_by(Faults(plugins))
    assert (told.plugin, told.distribution) == ("baots", "")
    assert "HTMAP_PLUGINS" in told.advice
    assert "plugins show" not in told.advice


def test_commands_that_do_not_work_are_no_fault_of_maps_but_one_that_doctor_finds(site: Site, plugins: Plugins) -> None:
    site.install("boats", STEP + OFFER.format(hook="htmap_commands") + "1 / 0")
    assert faults(plugins.records_for_maps()) == []
    assert [fault.plugin for fault in faults(plugins.records())] == ["boats"]


# --- the setting


def test_whole_plugins_that_are_required_are_no_fault(site: Site, plugins: Plugins) -> None:
    site.install("boats", STEP)
    settings["PLUGINS.REQUIRED"] = ["boats", "core", "*"]
    assert told_by(Faults(plugins)) == []


@pytest.mark.parametrize("name", ["baots", "docker; rm -rf ~"])
def test_a_required_plugin_that_is_not_installed_stops_maps(site: Site, plugins: Plugins, name: str) -> None:
    site.install("boats")
    settings["PLUGINS.REQUIRED"] = [name]
    with pytest.raises(RequiredPluginError) as caught:
        Faults(plugins).check()
    assert (caught.value.plugin, caught.value.distribution) == (name, "")
    assert ("'boats'" in caught.value.reason) == (name == "baots")
    assert "pip" not in caught.value.advice


def test_a_required_plugin_of_ours_that_is_not_installed_names_its_package(
    htmap_dir: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("htmap_core.plugins.sources.installed.entry_points", lambda **_: [])  # nothing is installed
    settings["PLUGINS.REQUIRED"] = ["cern"]
    assert "`pip install htmap-cern`" in only_fault(plugins).advice


def test_an_asterisk_requires_all_that_are_installed(site: Site, plugins: Plugins) -> None:
    site.install("afloat")
    site.install("boats", "1 / 0")
    site.install("canoes", "1 / 0")
    settings["PLUGINS.DISABLED"] = ["canoes"]
    settings["PLUGINS.REQUIRED"] = ["*"]
    with pytest.raises(RequiredPluginError) as caught:
        Faults(plugins).check()
    assert caught.value.plugin == "boats"


@pytest.mark.parametrize("names", ["core, boats", '["core", "boats"]', " [ 'boats' ] "])
def test_the_environment_requires_plugins_too(
    site: Site, plugins: Plugins, names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_PLUGINS_REQUIRED", names)
    assert settings["PLUGINS.REQUIRED"] == names
    with pytest.raises(RequiredPluginError) as caught:
        Faults(plugins).check()
    assert caught.value.plugin == "boats"
    assert caught.value.origin is not None
    assert "HTMAP_PLUGINS_REQUIRED" in caught.value.origin


def test_a_settings_file_adds_to_what_the_environment_requires_and_takes_nothing_away(
    site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_PLUGINS_REQUIRED", "rafts")
    Path("~/.htmaprc").expanduser().write_text('[PLUGINS]\nREQUIRED = ["boats"]\n')
    assert {fault.plugin for fault in faults(plugins.records())} == {"boats", "rafts"}
    settings["PLUGINS.REQUIRED"] = []
    assert {fault.plugin for fault in faults(plugins.records())} == {"rafts"}


@pytest.mark.parametrize("value", [True, 3, {"boats": True}, [3]])
def test_a_value_that_is_no_list_of_names_is_refused(site: Site, plugins: Plugins, value: object) -> None:
    settings["PLUGINS.REQUIRED"] = value
    with pytest.raises(InvalidSetting) as caught:
        Faults(plugins).check()
    assert caught.value.name == "PLUGINS.REQUIRED"


# --- once


def test_each_fault_is_told_once_in_a_process(site: Site, plugins: Plugins) -> None:
    site.install("boats", "1 / 0")
    site.install("canoes", "1 / 0")
    check = Faults(plugins)
    assert [told.plugin for told in told_by(check)] == ["boats", "canoes"]
    assert told_by(check) == []


def test_of_threads_that_make_maps_at_once_one_tells_each_fault(site: Site, plugins: Plugins) -> None:
    for name in "abcd":
        site.install(name, "1 / 0")
    check, told = Faults(plugins), []

    def show_slowly(message: Warning | str, *_: object, **__: object) -> None:
        assert isinstance(message, PluginIsOff)
        told.append(message.plugin)
        time.sleep(0.05)  # while other threads look whether it was told

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show_slowly
        at_once(*[check.check] * 4)
    assert told == list("abcd")


def test_where_warnings_are_errors_each_map_is_refused(site: Site, plugins: Plugins) -> None:
    site.install("boats", "1 / 0")
    check = Faults(plugins)
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("error", PluginIsOff)
            with pytest.raises(PluginIsOff):
                check.check()


def test_plugins_whose_loading_was_interrupted_are_loaded_at_the_next_question(
    site: Site, plugins: Plugins, tmp_path: Path
) -> None:
    go_on = tmp_path / "go-on"
    site.install("boats", f"import os\nif not os.path.exists({str(go_on)!r}): raise KeyboardInterrupt\n{ROWBOAT}")
    with pytest.raises(KeyboardInterrupt):
        plugins.delivery_methods()
    go_on.touch()
    assert {"rowboat", "shared"} <= plugins.delivery_methods().keys()
    assert [record.name for record in plugins.records()].count("core") == 1


# --- where it is told

WAYS = {
    "map": "htmap.map(abs, [1])",
    "starmap": "htmap.starmap(abs, [(1,)])",
    "transient": "htmap.map(abs, [1], tag=None, quiet=True)",
    "build_map": "with htmap.build_map(abs) as builder: builder(1)",
    "mapped": "htmap.mapped(abs).map([1])",
    "mapped with options": "htmap.mapped(map_options=htmap.MapOptions(request_cpus=1))(abs).starmap([(1,)])",
}


def run(program: str, site: Site, **environment: str) -> str:
    """Return what a program prints that finds the plugins of a site, and none of ours."""
    command = [sys.executable, "-c", f"import htmap, warnings\n{textwrap.dedent(program)}"]
    inherited = {**os.environ, "PYTHONPATH": str(site.folder), "HTMAP_PLUGINS": "boats", **environment}
    ran = subprocess.run(command, env=inherited, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("what", WAYS)
def test_every_way_to_make_a_map_tells_it_and_points_to_the_users_line(site: Site, what: str) -> None:
    site.install("boats", "1 / 0")
    program = f"""
    warnings.simplefilter("always")
    with warnings.catch_warnings(record=True) as caught:
        try:
            {WAYS[what].replace(": builder", f":{chr(10)}                builder")}
        except htmap.exceptions.PoolNotFound:
            pass
    print([(type(each.message).__name__, each.message.plugin, each.filename) for each in caught])
    """
    assert run(program, site) == "[('PluginIsOff', 'boats', '<string>')]\n"


@pytest.mark.parametrize("what", WAYS)
def test_every_way_to_make_a_map_is_stopped_and_leaves_nothing_behind(site: Site, htmap_dir: Path, what: str) -> None:
    site.install("boats", "1 / 0")
    program = f"""
    try:
        {WAYS[what].replace(": builder", f":{chr(10)}            builder")}
    except htmap.exceptions.RequiredPluginError as error:
        print(error.plugin)
    """
    assert run(program, site, HTMAP_PLUGINS_REQUIRED="boats") == "boats\n"
    assert not htmap_dir.exists() or list(htmap_dir.rglob("*")) == []


def test_neither_an_import_nor_a_look_at_maps_tells_anything(site: Site) -> None:
    site.install("boats", "1 / 0")
    program = """
    warnings.simplefilter("error")
    htmap.get_tags(), htmap.settings.get("BOATS.SAILS"), htmap.status()
    print("nothing")
    """
    assert run(program, site, HTMAP_PLUGINS_REQUIRED="boats") == "nothing\n"


def test_the_details_of_a_broken_plugin_have_what_to_do_about_it(site: Site) -> None:
    site.install("boats", "1 / 0")
    program = "from htmap_core.cli import main\nmain(['plugins', 'show', 'boats'])"
    shown = run(program, site)
    assert "ZeroDivisionError" in shown
    assert "`pip uninstall htmap-boats`" in shown


def test_what_the_settings_of_the_machine_require_counts_whatever_the_user_sets(
    site: Site, plugins: Plugins, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := public / "htmaprc").write_text('[PLUGINS]\nREQUIRED = ["boats"]')
    monkeypatch.setenv("HTMAP_CONFIG", str(file))
    settings["PLUGINS.REQUIRED"] = []
    with pytest.raises(RequiredPluginError) as caught:
        Faults(plugins).check()
    assert caught.value.plugin == "boats"
    assert str(file) in str(caught.value.origin)
