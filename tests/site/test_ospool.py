"""The OSPool's rules, on hosts that share nothing and are what its pilots are: they run containers, whose images come by OSDF."""

from __future__ import annotations

import math
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from htmap_ospool import NoSuchImage

import htmap
from htmap_core.testing import eventually
from tests.docs.sessions import environment, session
from tests.site import containers
from tests.site.contracts import TIMEOUT
from tests.site.hosts import HOME_OF_HOST, Site

# What pilots advertise, and their own START: no job without a project, and a long one only where there is time for it.
_PILOT = """
HAS_SINGULARITY = True
OSPool = True
IS_GLIDEIN = True
GLIDEIN_Site = "{site}"
GLIDEIN_ToDie = time() + 100000
OSG_NODE_VALIDATED = True
STARTD_ATTRS = $(STARTD_ATTRS) HAS_SINGULARITY OSPool IS_GLIDEIN GLIDEIN_Site GLIDEIN_ToDie OSG_NODE_VALIDATED
START = MY.OSG_NODE_VALIDATED && !isUndefined(TARGET.ProjectName) && \\
    ifThenElse(TARGET.JobDurationCategory =?= "Long", MY.GLIDEIN_ToDie - time() > 144000, True)
FILETRANSFER_PLUGINS = $(FILETRANSFER_PLUGINS), {plugin}
"""

# OSDF as jobs see it: what is below the origin's folder. It can only fetch.
_OSDF_PLUGIN = """\
#!/usr/bin/python3
import re, shutil, sys, urllib.parse
from pathlib import Path

if sys.argv[1:] == ["-classad"]:
    print('PluginVersion = "1"\\nPluginType = "FileTransfer"\\nMultipleFileSupport = true\\nSupportedMethods = "osdf"')
    sys.exit()
named = dict(zip(sys.argv[1::2], sys.argv[2::2]))
failed = False
with open(named["-outfile"], "w") as out:
    for ad in re.findall(r"\\[(.*?)\\]", Path(named["-infile"]).read_text(), re.DOTALL):
        url, local = (re.search(rf'{name} = "([^"]*)"', ad)[1] for name in ("Url", "LocalFileName"))
        try:
            shutil.copyfile("ORIGIN" + urllib.parse.unquote(url.split("://", 1)[1]), local)
            problem = ""
        except OSError as error:
            problem, failed = str(error).replace('"', "'"), True
        success = "false" if problem else "true"
        said = f'TransferSuccess = {success}; TransferError = "{problem}"; TransferUrl = "{url}"'
        out.write(f'[ {said}; TransferFileName = "{Path(local).name}"; TransferTotalBytes = 1; ]\\n')
sys.exit(1 if failed else 0)
"""


class Origin:
    """A folder below /ospool as users have one, and what jobs get of it by OSDF, which is elsewhere.

    :ivar data: the folder as the access point sees it.
    :ivar behind: the folder that jobs get files from.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = Path("/ospool/ap00/data") / uuid.uuid4().hex
        self.behind = folder / str(self.data).lstrip("/")
        self.plugin = folder / "osdf_plugin"
        self._missing = [each for each in (self.data, *self.data.parents) if not each.exists()]

    def make(self) -> None:
        """Make both, with an image and with files that differ, so that a job tells where it has them from."""
        self.folder.chmod(0o755)
        self.plugin.write_text(_OSDF_PLUGIN.replace("ORIGIN", str(self.folder)))
        self.plugin.chmod(0o755)
        for folder, factor in ((self.data, "2"), (self.behind, "3")):
            folder.mkdir(parents=True)
            (folder / "high tide").write_text(factor)
            (folder / "tides-v1.sif").symlink_to(containers.sif(containers.with_numpy()))

    def delete(self) -> None:
        """Delete what is below /ospool, and /ospool itself where this machine has none."""
        shutil.rmtree(self.data, ignore_errors=True)
        for folder in self._missing[1:]:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    made = Origin(tmp_path_factory.mktemp("origin"))
    try:
        made.make()
    except OSError as error:
        pytest.skip(f"/ospool cannot be made: {error}")
    yield made
    made.delete()


@pytest.fixture(scope="module")
def add_pilot(site: Site, origin: Origin) -> Callable[[str], None]:
    """Return what adds a host that is a pilot at a place of its own."""
    prefix, image = containers.apptainer(), containers.sif(containers.with_numpy())

    def add(name: str) -> None:
        config = containers.apptainer_configuration(prefix) + _PILOT.format(site=name, plugin=origin.plugin)
        visible = [prefix, image, origin.folder]
        site.add_host(name, config=config, visible=visible, before=containers.apptainer_devices())

    return add


@pytest.fixture(autouse=True)
def on_the_ospool(on_site: Site, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Have a test submit to the site as to the OSPool, with an image that its user keeps below /ospool."""
    monkeypatch.setenv("HTMAP_OSPOOL_ENABLED", "true")
    monkeypatch.setenv("HTMAP_OSPOOL_PROJECT", "UWMadison_Tides")
    monkeypatch.setenv("HTMAP_SINGULARITY_IMAGE", str(origin.data / "tides-v1.sif"))
    return on_site


def test_images_and_large_files_come_by_osdf_and_a_lost_machine_is_replaced(
    on_the_ospool: Site, origin: Origin, add_pilot: Callable[[str], None]
) -> None:
    add_pilot("quay")
    quay = on_the_ospool.hosts["quay"]

    def where(component: int) -> tuple[str, str, int]:
        import os
        import platform
        import time

        import numpy as np

        if component == 1 and platform.node() == "quay":
            Path("reached").touch()
            time.sleep(600)
        return platform.node(), os.environ.get("APPTAINER_NAME", "none"), int(np.loadtxt("high tide")) * component

    options = htmap.MapOptions(fixed_input_files=[origin.data / "high tide"])
    mapped = htmap.map(where, range(1, 3), options, chunksize=1, tag="tides")
    assert mapped._map_dir.record.delivery_method == "singularity"
    assert mapped.get(1, timeout=TIMEOUT) == ("quay", "tides-v1.sif", 6)

    eventually(lambda: quay.run("find", str(HOME_OF_HOST), "-name", "reached").stdout, says="component 0 runs")
    quay.kill()
    add_pilot("pier")
    assert mapped.get(0, timeout=2 * TIMEOUT) == ("pier", "tides-v1.sif", 3)


def test_the_disk_space_of_an_image_is_asked_for_and_one_that_is_not_there_is_told(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = (origin.data / "tides-v1.sif").stat().st_size
    assert htmap.plan(abs, [-1]).commands["request_disk"] == f"{4 + math.ceil(size / 1024**3)}GB"
    monkeypatch.setenv("HTMAP_SINGULARITY_IMAGE", f"osdf://{origin.data}/tides-v2.sif")
    with pytest.warns(NoSuchImage) as told:
        htmap.map(abs, [-1], htmap.MapOptions(hold="true"), tag="no-image")
    assert isinstance(told[0].message, NoSuchImage)
    assert told[0].message.path == origin.data / "tides-v2.sif"


def test_a_file_that_osdf_does_not_have_is_a_hold_with_the_words_of_the_ospool(
    on_the_ospool: Site, origin: Origin, add_pilot: Callable[[str], None]
) -> None:
    if "pier" not in on_the_ospool.hosts:
        add_pilot("pier")
    (origin.data / "new").write_text("only here")
    options = htmap.MapOptions(fixed_input_files=[origin.data / "new"])
    mapped = htmap.map(str, [1], options, tag="lost")
    eventually(lambda: mapped.holds, says="the job is held", within=TIMEOUT)
    (words,) = mapped.why()[0].site
    assert "OSDF" in words


def test_who_follows_the_tutorial_sees_what_it_shows(
    on_the_ospool: Site, origin: Origin, add_pilot: Callable[[str], None], tmp_path: Path
) -> None:
    add_pilot("jetty")
    (folder := tmp_path / "work").mkdir()
    told = {
        "HTMAP_OSPOOL_ENABLED": "true",
        "HTMAP_OSPOOL_PROJECT": "UWMadison_Tides",
        "HTMAP_SINGULARITY_IMAGE": f"osdf://{origin.data}/tides-v1.sif",
    }
    assert session("ospool", folder, {**environment(tmp_path / "own", on_the_ospool.htmap_dir), **told}) == []
