"""What the settings say of plugins' tables that nobody has set, and when plugins are loaded for it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import htmap
from htmap_core.exceptions import MissingSetting
from htmap_core.settings.chain import Settings

BOATS = """
import attrs
from htmap_core import hookimpl
@attrs.frozen
class Boats:
    sails: int = 2
    captain: str = attrs.field(default="Ann", validator=attrs.validators.in_(("Ann", "Bob")))
@hookimpl
def htmap_settings():
    return {"BOATS": Boats}
"""


def run(program: str, site: Path, plugin: str = BOATS, **environment: str) -> str:
    """Return what a program prints that finds *plugin*, called ``boats``, installed."""
    (site / "throwaway_boats.py").write_text(plugin)
    info = site / "htmap_boats-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: htmap-boats\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[htmap]\nboats = throwaway_boats\n")
    command = [sys.executable, "-c", f"import sys, htmap\n{textwrap.dedent(program)}"]
    inherited = {**os.environ, "PYTHONPATH": str(site), "HOME": str(site), **environment}
    ran = subprocess.run(command, env=inherited, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


LOADED = "print('throwaway_boats' in sys.modules)"


@pytest.mark.parametrize("key", ["BOATS.SAILS", "boats.sails"])
def test_a_setting_of_an_installed_plugin_has_the_default_of_its_table(
    htmap_dir: Path, tmp_path: Path, key: str
) -> None:
    program = f"print(htmap.settings[{key!r}], htmap.settings.get({key!r}), {key!r} in htmap.settings)"
    assert run(program, tmp_path) == "2 2 True\n"


def test_a_table_has_what_is_set_and_the_defaults_of_the_rest(htmap_dir: Path, tmp_path: Path) -> None:
    program = "htmap.settings['BOATS.SAILS'] = 3; print(htmap.settings['boats'])"
    assert run(program, tmp_path) == "{'SAILS': 3, 'captain': 'Ann'}\n".replace("captain", "CAPTAIN")


def test_the_base_settings_have_the_defaults_of_plugins_too(htmap_dir: Path, tmp_path: Path) -> None:
    program = """
    htmap.settings.replace(htmap.BASE_SETTINGS)
    print(htmap.settings["BOATS.SAILS"], htmap.settings.origin("BOATS.SAILS"))
    """
    assert run(program, tmp_path) == "2 the built-in defaults\n"


@pytest.mark.parametrize(
    "use",
    [
        "htmap.settings['HTMAP_DIR']",
        "htmap.settings.get('HTCONDOR.NOTHING')",
        "htmap.settings['PLUGINS']",
        "htmap.settings.origin('WAIT_TIME')",
        "htmap.settings.__setitem__('BOATS.SAILS', 3); htmap.settings['BOATS.SAILS']",
    ],
)
def test_no_plugin_is_loaded_for_what_the_core_or_the_program_says(htmap_dir: Path, tmp_path: Path, use: str) -> None:
    assert run(f"{use}\n{LOADED}\nhtmap.settings['BOATS.CAPTAIN']\n{LOADED}", tmp_path) == "False\nTrue\n"


def test_a_broken_plugin_is_named_where_its_table_is_missing_and_breaks_nothing_else(
    htmap_dir: Path, tmp_path: Path
) -> None:
    program = """
    from htmap.exceptions import MissingSetting
    try:
        htmap.settings["BOATS.SAILS"]
    except MissingSetting as error:
        print(error.name, "|", error.hint)
    print(htmap.settings["WAIT_TIME"])
    print("IMAGE" in htmap.settings["DOCKER"])
    """
    missing, wait_time, docker = run(program, tmp_path, "1 / 0").splitlines()
    assert missing.startswith("BOATS.SAILS | plugin 'boats'")
    assert "ZeroDivisionError" in missing
    assert (wait_time, docker) == ("1", "True")


def test_a_setting_that_a_table_does_not_have_is_missing_with_what_was_meant(htmap_dir: Path) -> None:
    with pytest.raises(MissingSetting) as caught:
        htmap.settings["POOL.CPU"]
    assert "POOL.CPUS" in caught.value.known
    assert caught.value.hint is None
    assert "'POOL.CPUS'?" in str(caught.value)


def test_a_table_that_comes_with_a_package_names_it(htmap_dir: Path, tmp_path: Path) -> None:
    program = """
    from htmap_core.plugins.sources import installed
    found = installed.entry_points
    installed.entry_points = lambda **wanted: [each for each in found(**wanted) if each.name != "docker"]
    try:
        htmap.settings["Docker.image"]
    except htmap.exceptions.MissingSetting as error:
        print(error.hint)
    """
    assert "`pip install htmap-docker`" in run(program, tmp_path)


def test_a_chain_of_the_programs_own_has_no_defaults_but_its_own(htmap_dir: Path) -> None:
    assert "POOL.CPUS" not in Settings({"POOL": {"PREFIX": "/there"}})
