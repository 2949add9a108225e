"""Plugins without a distribution: files that the settings name, or that lie beside the script that runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_core import HOOKS_VERSION
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolAddress
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import PluginError, PoolUnavailable, RequiredPluginError, UnknownSetting
from htmap_core.plugins import pools
from htmap_core.plugins.calls import Plugins
from htmap_core.plugins.faults import Faults, faults
from htmap_core.plugins.record import ONE_OFF, PluginRecord, one_off_files
from htmap_core.settings import tables
from htmap_core.settings.chain import settings
from htmap_core.testing.empty_pool import EmptyPool
from tests.throwaway_plugins import PREAMBLE, ROWBOAT, Site

Write = Callable[..., Path]

STEP = """
@hookimpl
def htmap_rewrite_submit(submit): submit.require({name!r})
"""
PROGRAM = """
import json
from htmap_core.plugins.calls import plugins
print(json.dumps([[each.name, each.state] for each in plugins.records() if each.is_one_off]))
"""


@pytest.fixture
def write(public: Path) -> Write:
    """Return what writes a file that is a plugin, below a folder that all may enter."""

    def written(source: str = ROWBOAT, name: str = "rules.py", folder: str = "rules") -> Path:
        path = public / folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(PREAMBLE + textwrap.dedent(source))
        return path

    return written


@pytest.fixture
def named(htmap_dir: Path, write: Write) -> Write:
    """Return what writes such a file, and names it in the settings."""

    def written(source: str = ROWBOAT, name: str = "rules.py", folder: str = "rules") -> Path:
        path = write(source, name, folder)
        settings["PLUGINS.FILES"] = [*settings["PLUGINS.FILES"], str(path)]
        return path

    return written


def one_offs(plugins: Plugins) -> list[PluginRecord]:
    return [record for record in plugins.records() if record.is_one_off]


def only(plugins: Plugins) -> PluginRecord:
    (record,) = one_offs(plugins)
    return record


def plan_of(folder: Path) -> MapPlan:
    return MapPlan("tide", folder, folder / "runtime.pyz", 3, 3, MapOptions(), settings, EmptyPool())


TIDEWATER = """
@attrs.frozen
class Tidewater:
    depth: int = 3
@hookimpl
def htmap_settings(): return {"TIDEWATER": Tidewater}
"""


@pytest.mark.parametrize("fault", ["1 / 0", "import nowhere_to_be_found", "def f(:"])
def test_the_settings_are_not_blamed_for_the_table_of_a_file_that_does_not_work(
    named: Write, plugins: Plugins, fault: str
) -> None:
    settings["TIDEWATER"] = {"DEPTH": 4}
    named(TIDEWATER)
    assert "TIDEWATER" in plugins.settings_tables()
    named(f"{TIDEWATER}\n{fault}")
    again = Plugins()
    tables.check_names(again.settings_tables(), again.tables_of_unavailable_plugins())
    assert only(again).state == "broken"
    settings["TIDEWATTER"] = {"DEPTH": 4}
    with pytest.raises(UnknownSetting):
        tables.check_names(again.settings_tables(), again.tables_of_unavailable_plugins())


# --- a file that the settings name


def test_a_file_that_the_settings_name_is_a_plugin_of_that_name(named: Write, plugins: Plugins) -> None:
    path = named()
    assert "rowboat" in plugins.delivery_methods()
    record = only(plugins)
    assert (record.name, record.distribution, record.state) == (str(path), ONE_OFF, "ok")
    assert record.offers == {"delivery methods": ["rowboat"]}
    assert one_off_files(plugins.records()) == [str(path)]


ANNOTATED = """
import typing
class Sail: pass
class Boat:
    sail: "Sail"
@hookimpl
def htmap_delivery_methods(): return [Method(f"boat-with-{{len(typing.get_type_hints(Boat))}}-{name}")]
"""


def test_two_files_of_one_name_are_two_plugins_whose_classes_do_not_meet(named: Write, plugins: Plugins) -> None:
    first, second = named(ANNOTATED.format(name="sail")), named(ROWBOAT, folder="others")
    assert {"rowboat", "boat-with-1-sail"} <= plugins.delivery_methods().keys()
    assert [(record.name, record.state) for record in one_offs(plugins)] == [(str(first), "ok"), (str(second), "ok")]


def test_steps_of_files_are_taken_after_those_of_what_is_installed(
    site: Site, named: Write, plugins: Plugins, tmp_path: Path
) -> None:
    named(STEP.format(name="file"))
    site.install("zebra", STEP.format(name="zebra"))
    submit = SubmitDescription()
    plugins.rewrite_submit(submit, plan_of(tmp_path))
    assert submit.requirements == "(zebra) && (file)"


def test_what_is_installed_keeps_its_names(site: Site, named: Write, plugins: Plugins) -> None:
    named()
    site.install("zebra")
    assert "rowboat" in plugins.delivery_methods()
    assert only(plugins).state == "broken"
    assert [record.state for record in plugins.records() if record.name == "zebra"] == ["ok"]


def test_no_decision_that_others_would_read_is_about_its_methods(named: Write, plugins: Plugins) -> None:
    named()
    assert "rowboat" in plugins.delivery_methods()
    assert plugins.is_registered("rowboat")
    assert not plugins.is_registered("assume")


def test_those_of_the_environment_and_the_machine_count_whatever_the_user_sets(
    named: Write, write: Write, plugins: Plugins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_user, of_environment = named(), write(STEP.format(name="environment"), "environment.py")
    of_machine = write(STEP.format(name="machine"), "machine.py")
    (tmp_path / "htmaprc").write_text(f'[PLUGINS]\nFILES = ["{of_machine}"]\n')
    monkeypatch.setenv("HTMAP_CONFIG", str(tmp_path / "htmaprc"))
    monkeypatch.setenv("HTMAP_PLUGINS_FILES", str(of_environment))
    assert [record.name for record in one_offs(plugins)] == [str(of_user), str(of_environment), str(of_machine)]


def test_no_bytecode_beside_it_is_run_or_written(named: Write, plugins: Plugins) -> None:
    import importlib.util
    import py_compile

    path = named("1 / 0")
    cached = Path(importlib.util.cache_from_source(str(path)))
    py_compile.compile(str(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    path.write_text(PREAMBLE + ROWBOAT)
    before = cached.read_bytes()
    assert only(plugins).state == "ok"
    assert cached.read_bytes() == before


# --- one that does not work


BAD = {
    "a mistake": "1 / 0",
    "an exit": "raise SystemExit(1)",
    "no Python": "def f(:",
    "a misspelt hook": "@hookimpl\ndef htmap_rewrite_submti(submit): pass",
    "no hook": "",
    "an offer of the wrong kind": "@hookimpl\ndef htmap_pools(): return [3]",
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_one_is_a_fault_with_its_name_and_what_to_do(named: Write, plugins: Plugins, what: str) -> None:
    path = named(BAD[what])
    (fault,) = faults(plugins.records_for_maps())
    assert (fault.plugin, fault.distribution) == (str(path), ONE_OFF)
    assert str(path) in fault.advice
    assert "PLUGINS.FILES" in fault.advice
    assert "pip" not in fault.advice


@pytest.mark.parametrize("file", ["{folder}/nowhere.py", "{folder}", "rules.py", "./rules.py", "{folder}/pipe.py"])
def test_what_is_no_file_or_has_no_absolute_path_is_none(
    htmap_dir: Path, write: Write, plugins: Plugins, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write("raise SystemExit").parent
    os.mkfifo(folder / "pipe.py")
    monkeypatch.chdir(folder)
    settings["PLUGINS.FILES"] = [file.format(folder=folder)]
    record = only(plugins)
    assert record.state == "broken"
    assert "SystemExit" not in record.reason


def test_a_failure_in_a_step_names_the_file(named: Write, plugins: Plugins, tmp_path: Path) -> None:
    path = named("@hookimpl\ndef htmap_rewrite_submit(submit): raise ValueError('leak')")
    with pytest.raises(PluginError) as caught:
        plugins.rewrite_submit(SubmitDescription(), plan_of(tmp_path))
    assert caught.value.plugin == str(path)


@pytest.mark.parametrize("hooks", ["'99.0'", "'1.99'", "'0.9'", "1.0", "'1'", "f'1.{0}'"])
def test_one_that_needs_other_hooks_or_says_so_wrongly_is_not_run(named: Write, plugins: Plugins, hooks: str) -> None:
    path = named(f"HTMAP_HOOKS = {hooks}\nopen(__file__ + '.ran', 'w')\n{ROWBOAT}")
    record = only(plugins)
    assert record.state == "broken"
    assert not path.with_name(f"{path.name}.ran").exists()
    assert ("pip install --upgrade htmap-core" in record.remedy) == (".99" in hooks or "99." in hooks)


@pytest.mark.parametrize("stated", [f"HTMAP_HOOKS = {HOOKS_VERSION!r}", "HTMAP_HOOKS: str = '1.0'", "OTHER = 3"])
def test_one_that_needs_these_hooks_is_used(named: Write, plugins: Plugins, stated: str) -> None:
    named(f"{stated}\n{ROWBOAT}")
    assert only(plugins).state == "ok"


# --- one that others could have written


def dangers() -> dict[str, Callable[[Path], None]]:
    def owned(path: Path) -> None:
        os.chown(path, 12345, 12345)

    def linked(path: Path) -> None:
        path.rename(path.with_name("real.py"))
        path.symlink_to("real.py")
        os.chown(path, 12345, 12345, follow_symlinks=False)

    return {
        "a file that all may write to": lambda path: path.chmod(0o666),
        "a folder that all may write to": lambda path: path.parent.chmod(0o777),
        "a file of another user": owned,
        "a folder of another user": lambda path: owned(path.parent),
        "a link of another user": linked,
    }


as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to others")
OF_OTHERS = [pytest.param(what, marks=[as_root] if "another" in what else []) for what in dangers()]


@pytest.mark.parametrize("what", OF_OTHERS)
def test_one_that_others_could_have_written_is_not_run(named: Write, plugins: Plugins, what: str) -> None:
    path = named(f"open(__file__ + '.ran', 'w')\n{ROWBOAT}")
    dangers()[what](path)
    assert only(plugins).state == "broken"
    assert not list(path.parent.glob("*.ran"))
    assert [fault.plugin for fault in faults(plugins.records_for_maps())] == [str(path)]


def test_a_folder_that_the_user_trusts_may_have_one(
    named: Write, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = named()
    path.chmod(0o666)
    monkeypatch.setenv("HTMAP_TRUSTED_FOLDERS", str(path.parent))
    assert only(plugins).state == "ok"


# --- switched off, and required


@pytest.mark.parametrize("switch", ["HTMAP_PLUGINS", "PLUGINS.DISABLED"])
def test_it_is_switched_off_as_others_are(
    named: Write, plugins: Plugins, switch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = named("raise SystemExit")
    if switch == "HTMAP_PLUGINS":
        monkeypatch.setenv(switch, "assume")
    else:
        settings[switch] = [str(path)]
    assert (only(plugins).state, switch in only(plugins).reason) == ("disabled", True)
    assert faults(plugins.records_for_maps()) == []


def test_a_required_one_that_does_not_work_or_is_not_named_stops_maps(named: Write, plugins: Plugins) -> None:
    path = named("1 / 0")
    settings["PLUGINS.REQUIRED"] = [str(path)]
    with pytest.raises(RequiredPluginError) as caught:
        Faults(plugins).check()
    assert caught.value.plugin == str(path)
    settings["PLUGINS.FILES"] = []
    with pytest.raises(RequiredPluginError) as caught:
        Faults(Plugins()).check()
    assert "PLUGINS.FILES" in caught.value.advice


# --- beside the script


@pytest.fixture
def script(htmap_dir: Path, write: Write, public: Path) -> Path:
    """Return a script that tells which files are plugins, with one beside it; the current folder has another one."""
    write(ROWBOAT, "htmap_plugins.py", "project")
    write("raise SystemExit('never')", "htmap_plugins.py", "current")
    path = public / "project" / "count.py"
    path.write_text(PROGRAM)
    (public / "current" / "counting.py").write_text(PROGRAM)
    return path


def found_by(script: Path, *command: str, **environment: str) -> list[list[str]]:
    """Return the one-off plugins that a process finds, with their states."""
    ran = subprocess.run(
        [sys.executable, *command],
        cwd=script.parents[1] / "current",
        env={**os.environ, **environment},
        input=PROGRAM if command == ("-",) else "",
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found = json.loads(ran.stdout)
    assert isinstance(found, list)
    return found


def test_the_file_beside_the_script_is_a_plugin(script: Path) -> None:
    assert found_by(script, str(script)) == [[str(script.with_name("htmap_plugins.py")), "ok"]]
    assert found_by(script, f"../project/{script.name}") == [[str(script.with_name("htmap_plugins.py")), "ok"]]


def test_the_folder_of_a_script_is_that_which_a_link_to_it_leads_to(script: Path, public: Path) -> None:
    (public / "current" / "link.py").symlink_to(script)
    assert found_by(script, "link.py") == [[str(script.with_name("htmap_plugins.py")), "ok"]]


def test_one_that_the_settings_name_as_well_is_loaded_once(script: Path, public: Path) -> None:
    (public / "link").symlink_to(public / "project")
    named = str(public / "link" / "htmap_plugins.py")
    assert found_by(script, str(script), HTMAP_PLUGINS_FILES=named) == [[named, "ok"]]


SAFE = [("-I", "../project/count.py"), *([("-P", "../project/count.py")] if sys.version_info >= (3, 11) else [])]


@pytest.mark.parametrize("command", [("-c", PROGRAM), ("-",), ("-m", "counting"), *SAFE])
def test_nothing_of_the_current_folder_is_a_plugin(script: Path, command: tuple[str, ...]) -> None:
    assert found_by(script, *command) == []


def test_what_lies_beside_an_installed_command_is_none(script: Path) -> None:
    command = Path.home() / ".local" / "bin" / "count"  # where `pip install --user` puts commands
    command.parent.mkdir(parents=True)
    command.write_text(PROGRAM)
    (command.parent / "htmap_plugins.py").write_text("raise SystemExit('never')")
    assert found_by(script, str(command)) == []


def test_a_script_that_is_the_file_itself_is_none(script: Path) -> None:
    itself = script.with_name("htmap_plugins.py")
    itself.write_text(PROGRAM)
    assert found_by(script, str(itself)) == []


# --- what a map remembers


def test_a_file_of_a_map_is_a_plugin_for_this_map_alone(
    htmap_dir: Path, write: Write, plugins: Plugins, tmp_path: Path
) -> None:
    sloop, raft = (write(STEP.format(name=name), f"{name}.py") for name in ("sloop", "raft"))
    steps = {}
    for path in (sloop, raft, None, sloop):
        submit = SubmitDescription()
        with plugins.of_map([str(path)] if path else []):
            plugins.rewrite_submit(submit, plan_of(tmp_path))
        steps[path] = submit.requirements
    assert steps == {sloop: "sloop", raft: "raft", None: None}
    assert one_offs(plugins) == []


def test_what_the_settings_name_is_for_all_maps(named: Write, write: Write, plugins: Plugins) -> None:
    of_all, of_map = named(), write(STEP.format(name="raft"), "raft.py")
    with plugins.of_map([str(of_map)]):
        assert [record.name for record in one_offs(plugins)] == [str(of_all), str(of_map)]


def test_a_file_of_a_map_that_is_gone_is_a_fault_for_this_map(
    htmap_dir: Path, plugins: Plugins, tmp_path: Path
) -> None:
    gone = str(tmp_path / "htmap_plugins.py")
    with plugins.of_map([gone]):
        assert [fault.plugin for fault in faults(plugins.records_for_maps())] == [gone]
    assert faults(plugins.records_for_maps()) == []


def test_a_pool_that_does_not_answer_and_whose_plugin_is_gone_says_so(htmap_dir: Path, tmp_path: Path) -> None:
    configuration = tmp_path / "condor_config"
    configuration.write_text(
        f"LOG = {tmp_path}\nCOLLECTOR_HOST = 127.0.0.1:1\nSCHEDD_ADDRESS_FILE = {tmp_path}/nowhere\n"
    )
    gone = str(tmp_path / "htmap_plugins.py")
    with pytest.raises(PoolUnavailable) as caught:
        pools.reach(PoolAddress("site", configuration=configuration), [gone])
    assert gone in caught.value.advice


HARBOUR = """
from pathlib import Path
class Harbour(Pool):
    name = "harbour"
    def find(self): return None
    def start(self):
        Path(__file__).with_suffix(".started").touch()
        return None
    def advice(self): return "none"
@hookimpl
def htmap_pools(): return [Harbour()]
"""


def test_a_pool_of_a_file_is_started_for_a_map_that_remembers_the_file(
    htmap_dir: Path, write: Write, tmp_path: Path
) -> None:
    configuration = tmp_path / "condor_config"
    configuration.write_text(
        f"LOG = {tmp_path}\nCOLLECTOR_HOST = 127.0.0.1:1\nSCHEDD_ADDRESS_FILE = {tmp_path}/nowhere\n"
    )
    path = write(HARBOUR)
    for files in ([], [str(path)]):
        with pytest.raises(PoolUnavailable):
            pools.reach(PoolAddress("harbour", configuration=configuration), files)
        assert path.with_suffix(".started").exists() == bool(files)
