"""Who has installed the core and nothing else is told what to install, with the line to type."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from htmap_core.plugins import pools
from htmap_core.plugins.record import PluginRecord, missing_delivery, missing_pool
from tests.golden_files import Golden
from tests.house.tree import ROOT

LINE = "pip install htmap-pool htmap-shared"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that is installed here, but for our plugins."""
    folder = tmp_path_factory.mktemp("packages")
    for each in (entry for name in ("platlib", "purelib") for entry in Path(sysconfig.get_path(name)).iterdir()):
        ours = re.match(r"_*(editable_impl_)?htmap(?!_core-)", each.name)
        if each.suffix != ".pth" and not ours and not (folder / each.name).exists():
            (folder / each.name).symlink_to(each)
    return folder


def run(packages: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), str(packages), *more.pop("beside", "").split()])
    command = [sys.executable, "-S", *arguments]  # without the files that add the plugins of the checkout
    environment = {**os.environ, "PYTHONPATH": path, **more}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.usefixtures("htmap_dir")
def test_a_map_is_refused_with_what_to_install(packages: Path, golden: Golden) -> None:
    ran = run(packages, "-c", "import htmap\nhtmap.map(abs, [-1])")
    assert ran.returncode == 1
    golden("plugins/the-core-alone", ran.stderr[ran.stderr.index("PoolNotFound") :])
    assert LINE in ran.stderr


@pytest.mark.usefixtures("htmap_dir")
def test_the_doctor_finds_both(packages: Path) -> None:
    found = json.loads(run(packages, "-m", "htmap", "doctor", "--json").stdout)["checks"]
    lacking = [each for each in found if "pip install htmap-" in f"{each['text']} {each['advice']}"]
    assert [(each["area"], each["verdict"]) for each in lacking] == [("plugins", "problem"), ("pool", "note")]


@pytest.mark.pool
def test_where_a_pool_runs_the_method_that_suits_it_is_named(personal_pool: Path, packages: Path) -> None:
    configuration = str(pools.find_pool()[1].address.configuration)
    ran = run(packages, "-m", "htmap", "delivery", "--json", CONDOR_CONFIG=configuration)
    (error,) = json.loads(ran.stdout)["errors"]
    assert (ran.returncode, error["type"]) == (1, "NoSuitableDeliveryMethod")
    assert "pip install htmap-shared" in error["message"]
    found = json.loads(run(packages, "-m", "htmap", "doctor", "--json", CONDOR_CONFIG=configuration).stdout)["checks"]
    told = [each for each in found if each["area"] == "delivery"]
    assert [each["verdict"] for each in told].count("problem") == 1
    assert "pip install htmap-shared" in str(told)


@pytest.mark.pool
def test_where_the_chosen_method_may_not_suit_the_doctor_names_one_that_does(
    personal_pool: Path, packages: Path, tmp_path: Path
) -> None:
    (installed,) = Path(sysconfig.get_path("purelib")).glob("htmap_assume-*.dist-info")
    (tmp_path / installed.name).symlink_to(installed)
    beside = f"{tmp_path} {ROOT / 'plugins' / 'htmap-assume'}"
    configuration = str(pools.find_pool()[1].address.configuration)
    ran = run(packages, "-m", "htmap", "doctor", "--json", CONDOR_CONFIG=configuration, beside=beside)
    found = [each for each in json.loads(ran.stdout)["checks"] if each["area"] == "delivery"]
    assert [each["verdict"] for each in found if each["advice"] == "`pip install htmap-shared`"] == ["note"]


@pytest.mark.usefixtures("htmap_dir")
def test_the_list_of_plugins_names_both(packages: Path) -> None:
    shown = run(packages, "-m", "htmap", "plugins", "list").stdout
    assert len(re.findall(r"pip install htmap-", shown)) == 2


@pytest.mark.usefixtures("htmap_dir")
def test_commands_of_the_pool_name_its_package(packages: Path) -> None:
    ran = run(packages, "-m", "htmap", "pool", "install")
    assert (ran.returncode, "pip install htmap-pool" in ran.stderr) == (2, True)


CORE = PluginRecord("core", "htmap-core", "1", hooks=("htmap_pools",))
POOL = PluginRecord("pool", "htmap-pool", "1", hooks=("htmap_pools",))
SHARED = PluginRecord("shared", "htmap-shared", "1", hooks=("htmap_delivery_methods",))
OFF = PluginRecord("docker", "htmap-docker", "1", state="broken", reason="it is")


@pytest.mark.parametrize(
    ("installed", "pool", "delivery"),
    [
        ([CORE], "htmap-pool htmap-shared", True),
        ([CORE, SHARED], "htmap-pool", False),
        ([CORE, OFF], "htmap-pool", False),
        ([CORE, POOL], None, True),
        ([CORE, POOL, SHARED], None, False),
    ],
)
def test_what_is_installed_is_not_proposed(installed: list[PluginRecord], pool: str | None, delivery: bool) -> None:
    proposed = missing_pool(installed)
    assert (proposed and re.search("pip install ([a-z -]+)", proposed)[1]) == pool  # type: ignore[index]  # fails if it is None
    assert (missing_delivery(installed) is not None) == delivery


def test_where_htcondor_cannot_run_no_pool_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert missing_pool([CORE]) is None
