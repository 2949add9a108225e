"""What is special about the delivery method singularity, as far as it shows without Apptainer; tests/site has the rest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from htmap_singularity import plugin
from htmap_singularity.plugin import Singularity

import htmap
from htmap_core import MapOptions, MapPlan, PoolAddress, Settings, SubmitDescription
from htmap_core.exceptions import InvalidSetting, PoolUnavailable
from tests.golden_files import Golden

CVMFS = "/cvmfs/singularity.opensciencegrid.org/me/mine:1"
INSIDE = Path(plugin.__file__).with_name("inside.sh")


class Slots:
    """A pool of nine slots, of which some have attributes."""

    address = PoolAddress("far")
    is_local = False

    def __init__(self, **having: int) -> None:
        self._having = having

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{}] * 9

    def count(self, expression: str) -> tuple[int, int]:
        counts = [sum(self._counts(either)) and min(self._counts(either)) for either in expression.split("||")]
        return max(counts), 9

    def _counts(self, expression: str) -> list[int]:
        names = [each.strip().removesuffix(" =?= true") for each in expression.split("&&")]
        return [self._having.get(name, 0) for name in names if name != "HasContainer"]

    def parameter(self, name: str) -> str | None:
        return None


class Silent(Slots):
    """A pool whose collector does not answer."""

    def count(self, expression: str) -> tuple[int, int]:
        raise PoolUnavailable("machine", "timeout")


@pytest.fixture
def sif(tmp_path: Path) -> str:
    (tmp_path / "mine.sif").touch()
    return str(tmp_path / "mine.sif")


def described(pool: Slots, submit: SubmitDescription | None = None, **table: Any) -> SubmitDescription:
    submit = submit or SubmitDescription()
    chain = Settings({"SINGULARITY": table})
    plan = MapPlan("tide", Path("/maps/1"), Path("/maps/1/archive"), 1, 1, MapOptions(), chain, pool)
    Singularity().describe(submit, plan)
    return submit


@pytest.mark.usefixtures("htmap_dir")
def test_the_more_slots_can_run_it_the_better_a_choice_it_is(sif: str) -> None:
    htmap.settings["SINGULARITY.IMAGE"] = sif
    ranks = [Singularity().check(Slots(HasSIF=count)).rank for count in (1, 4, 9)]
    assert ranks == sorted(set(ranks))
    assert ranks[-1] == plugin.RANK


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize(
    ("pool", "verdict", "reason"),
    [
        (Slots(HasSIF=4), "yes", "4 of 9 slots have HasContainer and HasSIF"),
        (Slots(HasSandboxImage=4), "no", "0 of 9 slots have HasContainer and HasSIF"),
        (Slots(HasSingularity=5), "no", "0 of 9 slots have HasContainer and HasSIF"),
    ],
)
def test_it_suits_a_pool_that_runs_the_kind_of_image_and_says_how_many_slots_do(
    pool: Slots, verdict: str, reason: str, sif: str
) -> None:
    htmap.settings["SINGULARITY.IMAGE"] = sif
    found = Singularity().check(pool)
    assert (found.verdict, found.reason) == (verdict, reason)


@pytest.mark.usefixtures("htmap_dir")
def test_it_does_not_suit_any_pool_while_the_image_is_not_there(golden: Golden) -> None:
    htmap.settings["SINGULARITY.IMAGE"] = "/nowhere/mine.sif"
    found = Singularity().check(Slots(HasSIF=9))
    assert found.verdict == "no"
    golden("singularity/it-does-not-suit-any-pool-while-the-image", found.reason)


def test_the_default_image_is_the_official_python_of_this_minor_version() -> None:
    submit = described(Slots(HasDockerURL=1))
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (submit.universe, submit.get("container_image")) == ("container", f"docker://python:{here}")


def test_a_file_is_sent_and_a_folder_is_not(sif: str, tmp_path: Path) -> None:
    assert described(Slots(HasSIF=1), image=sif).get("transfer_container") is None
    assert described(Slots(HasSandboxImage=1), image=str(tmp_path)).get("transfer_container") == "false"
    assert described(Slots(HasSIF=1), image=sif, transfer=False).get("transfer_container") == "false"


def test_a_path_with_a_dollar_is_no_macro(tmp_path: Path) -> None:
    (tmp_path / "$(b)").mkdir()
    assert str(described(Slots(), image=str(tmp_path / "$(b)")).get("container_image")).endswith("/$(DOLLAR)(b)")


@pytest.mark.parametrize(
    "pool", [Slots(HasSandboxImage=5, HAS_SINGULARITY=5), Slots(), Slots(HasSingularity=3), Silent()]
)
def test_jobs_are_of_the_container_universe_unless_more_slots_know_the_older_way(pool: Slots) -> None:
    submit = described(pool, image=CVMFS)
    assert (submit.universe, submit.get("container_image")) == ("container", CVMFS)
    assert submit.get("+SingularityImage") is None


@pytest.mark.parametrize(
    ("pool", "universe"),
    [
        (Slots(HAS_SINGULARITY=5), "auto"),
        (Slots(HasSandboxImage=1, HasSingularity=1, HAS_SINGULARITY=5), "auto"),
        (Slots(HasSandboxImage=3), "vanilla"),
        (Slots(), "vanilla"),
    ],
)
def test_the_older_way_names_the_image_in_an_attribute_and_requires_slots_that_can(pool: Slots, universe: str) -> None:
    submit = described(pool, image=CVMFS, universe=universe)
    assert (submit.universe, submit.get("+SingularityImage")) == ("vanilla", f'"{CVMFS}"')
    assert submit.get("container_image") is None
    pilots = "HAS_SINGULARITY =?= true"  # auto knows of no others that they obey the attribute
    assert submit.requirements == (pilots if universe == "auto" else f"HasSingularity =?= true || {pilots}")


@pytest.mark.usefixtures("htmap_dir")
def test_where_more_slots_know_the_older_way_these_are_counted() -> None:
    htmap.settings["SINGULARITY.IMAGE"] = CVMFS
    assert (
        Singularity().check(Slots(HasSandboxImage=1, HAS_SINGULARITY=5)).reason == "5 of 9 slots have HAS_SINGULARITY"
    )


def test_a_file_that_is_sent_is_not_asked_for_in_the_older_way(sif: str) -> None:
    assert described(Slots(HasSIF=1, HAS_SINGULARITY=5), image=sif).universe == "container"


def test_a_map_can_have_an_image_of_its_own() -> None:
    submit = SubmitDescription()
    submit.set("container_image", "docker://for-this-map:1")
    described(Slots(HAS_SINGULARITY=1), submit, image=CVMFS)
    assert (submit.universe, submit.get("container_image")) == ("container", "docker://for-this-map:1")
    submit = SubmitDescription()
    submit.set("+SingularityImage", '"/cvmfs/for-this-map"')
    assert (
        described(Slots(), submit, image=CVMFS, universe="vanilla").get("+SingularityImage") == '"/cvmfs/for-this-map"'
    )


def test_another_universe_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidSetting, match="'container', 'vanilla'"):
        described(Slots(), universe="docker")


def test_the_image_can_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, htmap_dir: Path, golden: Golden
) -> None:
    monkeypatch.setenv("HTMAP_SINGULARITY_IMAGE", "docker://from/environment:1")
    found = Singularity().check(Slots(HasDockerURL=2))
    golden("singularity/the-image-can-come-from-the-environment", found.reason)


# --- what looks whether it is in a container


def start_inside(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "archive").write_text('echo "started $0 with $*"\n')
    return subprocess.run(
        ["/bin/sh", str(INSIDE), "archive", "0", "0-2"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("variable", ["APPTAINER_CONTAINER", "SINGULARITY_CONTAINER", "SINGULARITY_NAME"])
def test_in_a_container_the_archive_is_started_with_its_arguments(tmp_path: Path, variable: str) -> None:
    done = start_inside(tmp_path, **{variable: "mine"})
    assert done.returncode == 0
    assert done.stdout.split() == ["started", "./archive", "with", "0", "0-2"]


def test_where_there_is_no_container_nothing_is_started_and_standard_error_says_so(
    tmp_path: Path, golden: Golden
) -> None:
    done = start_inside(tmp_path)
    assert (done.returncode, done.stdout) == (93, "")
    golden("singularity/where-there-is-no-container-nothing-is-started", done.stderr)


@pytest.mark.usefixtures("htmap_dir")
def test_without_slots_nobody_knows_whether_it_suits() -> None:
    assert Singularity().check(Empty()).verdict == "unknown"


class Empty(Slots):
    """A pool whose slots are all gone, as those of glideins are by night."""

    def count(self, expression: str) -> tuple[int, int]:
        return 0, 0


@pytest.mark.usefixtures("htmap_dir")
class TestModules:
    def test_the_default_image_is_known_to_have_nothing_but_pip(self) -> None:
        assert set(Singularity().lacks({"numpy", "pip"}, MapOptions())) == {"numpy"}

    @pytest.mark.parametrize("option", ["container_image", "MY.SingularityImage"])
    def test_of_an_image_of_the_maps_own_nothing_is_known(self, option: str) -> None:
        options = MapOptions()
        options[option] = "/cvmfs/mine"
        assert set(Singularity().lacks({"numpy"}, options)) == set()

    def test_of_an_image_of_the_settings_nothing_is_known(self, sif: str) -> None:
        htmap.settings["SINGULARITY.IMAGE"] = sif
        assert set(Singularity().lacks({"numpy"}, MapOptions())) == set()

    def test_modules_that_the_settings_name_are_all_that_it_has(self) -> None:
        htmap.settings["SINGULARITY.MODULES"] = ["numpy"]
        assert set(Singularity().lacks({"numpy", "scipy"}, MapOptions())) == {"scipy"}

    def test_an_image_that_the_settings_say_has_none_lacks_all(self) -> None:
        htmap.settings["SINGULARITY.IMAGE"] = "docker://me/mine:1"
        htmap.settings["SINGULARITY.MODULES"] = []
        assert set(Singularity().lacks({"numpy"}, MapOptions())) == {"numpy"}

    def test_what_the_settings_name_is_not_of_an_image_of_the_maps_own(self) -> None:
        htmap.settings["SINGULARITY.MODULES"] = []
        assert set(Singularity().lacks({"numpy"}, MapOptions(container_image="docker://me/mine:1"))) == set()
