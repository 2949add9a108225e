"""What is special about the delivery method transplant."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from htmap_transplant.errors import NoSuchTransplant, NotTransplantable
from htmap_transplant.installation import Installation
from htmap_transplant.plugin import TransplantDelivery

import htmap
from htmap_core import MapPlan, PoolAddress, SubmitDescription
from tests.golden_files import Golden

TIMEOUT = 600


class FarPool:
    """A pool on other machines, of whose slots some are like this machine."""

    address = PoolAddress("far")
    is_local = False

    def __init__(self, matching: int) -> None:
        self._matching = matching

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{}] * 5

    def count(self, expression: str) -> tuple[int, int]:
        assert 'OpSys == "LINUX"' in expression
        assert "Arch ==" in expression
        return self._matching, 5

    def parameter(self, name: str) -> str | None:
        return None


@pytest.fixture
def delivery(small: Installation) -> TransplantDelivery:
    """The delivery method in a program that a small installation runs."""
    return TransplantDelivery(lambda: small)


@pytest.fixture
def plan(htmap_dir: Path) -> MapPlan:
    """The plan of a map of three components."""
    map_dir = htmap_dir / "maps" / "id"
    map_dir.mkdir(parents=True)
    options = htmap.MapOptions()
    return MapPlan("tide", map_dir, map_dir / "runtime", 3, 3, options, htmap.settings, FarPool(5))


def described(delivery: TransplantDelivery, plan: MapPlan) -> SubmitDescription:
    submit = SubmitDescription()
    delivery.prepare(plan)
    delivery.describe(submit, plan)
    return submit


def test_it_suits_a_pool_with_slots_like_this_machine(golden: Golden) -> None:
    found = TransplantDelivery().check(FarPool(3))
    assert found.verdict == "yes"
    golden(
        "transplant/it-suits-a-pool-with-slots-like-this-machine", found.reason, hide={platform.machine(): "MACHINE"}
    )


def test_it_does_not_suit_a_pool_of_other_machines() -> None:
    assert TransplantDelivery().check(FarPool(0)).verdict == "no"


def test_the_more_slots_can_run_it_the_better_a_choice_it_is() -> None:
    assert TransplantDelivery().check(FarPool(5)).rank > TransplantDelivery().check(FarPool(1)).rank


def test_any_other_method_that_suits_is_preferred() -> None:
    from htmap_shared.plugin import RANK as SHARED

    assert TransplantDelivery().check(FarPool(3)).rank < SHARED


def test_the_archive_travels_with_what_unpacks_it(delivery: TransplantDelivery, plan: MapPlan) -> None:
    submit = described(delivery, plan)
    (packed,) = htmap.transplants()
    assert submit.input_files == tuple(map(str, packed.archives))
    assert (Path(submit.executable).name, submit.transfer_executable) == ("launcher.sh", True)
    assert submit.get("MY.HTMapTransplant") == f'"{"/".join(each.name for each in packed.archives)}"'


def test_what_is_described_is_what_was_packed_even_if_something_has_changed_since(
    delivery: TransplantDelivery, plan: MapPlan, small: Installation
) -> None:
    submit = SubmitDescription()
    delivery.prepare(plan)
    (small.sites[0] / "more.py").touch()
    delivery.describe(submit, plan)
    assert all(Path(each).exists() for each in submit.input_files)


def test_a_plan_tells_which_archives_a_map_would_send_and_packs_none(
    delivery: TransplantDelivery, plan: MapPlan
) -> None:
    submit = SubmitDescription()
    delivery.describe(submit, plan)
    assert htmap.transplants() == ()
    assert submit.input_files == described(delivery, plan).input_files


@pytest.mark.parametrize(("size", "requested"), [(10 << 20, None), (3 << 30, 3.5 * 1024)])
def test_jobs_ask_for_the_disk_space_that_a_large_python_takes(
    delivery: TransplantDelivery, plan: MapPlan, small: Installation, size: int, requested: float | None
) -> None:
    with (small.sites[0] / "large").open("wb") as file:
        file.truncate(size)  # it takes no space here
    submit = SubmitDescription()
    delivery.describe(submit, plan)
    found = submit.get("request_disk")
    assert found == (None if requested is None else f"{int(requested)}MB")


def test_disk_space_that_the_user_asks_for_counts(
    delivery: TransplantDelivery, plan: MapPlan, small: Installation
) -> None:
    with (small.sites[0] / "large").open("wb") as file:
        file.truncate(3 << 30)
    submit = SubmitDescription()
    submit.set("request_disk", "9GB")
    delivery.describe(submit, plan)
    assert submit.get("request_disk") == "9GB"


def test_jobs_get_the_archive_from_where_the_setting_says(delivery: TransplantDelivery, plan: MapPlan) -> None:
    htmap.settings["TRANSPLANT.ALTERNATE_INPUT_PATH"] = "https://example.org/pythons/mine.tar.gz"
    submit = described(delivery, plan)
    assert submit.input_files == ("https://example.org/pythons/mine.tar.gz",)
    assert submit.get("MY.HTMapTransplant") == '"mine.tar.gz"'
    assert len(htmap.transplants()) == 1


def test_another_path_may_begin_with_the_home_folder(delivery: TransplantDelivery, plan: MapPlan) -> None:
    htmap.settings["TRANSPLANT.ALTERNATE_INPUT_PATH"] = "~/pythons/mine.tar.gz"
    assert described(delivery, plan).input_files == (str(Path.home() / "pythons" / "mine.tar.gz"),)


def test_nothing_is_packed_where_it_exists_already(delivery: TransplantDelivery, plan: MapPlan) -> None:
    htmap.settings["TRANSPLANT.ALTERNATE_INPUT_PATH"] = "/cvmfs/example.org/mine.tar.gz"
    htmap.settings["TRANSPLANT.ASSUME_EXISTS"] = True
    assert described(delivery, plan).input_files == ("/cvmfs/example.org/mine.tar.gz",)
    assert htmap.transplants() == ()


def test_what_should_exist_and_does_not_is_an_error_that_names_the_settings(
    delivery: TransplantDelivery, plan: MapPlan
) -> None:
    htmap.settings["TRANSPLANT.ASSUME_EXISTS"] = True
    with pytest.raises(NoSuchTransplant, match=r"ASSUME_EXISTS.*ALTERNATE_INPUT_PATH"):
        described(delivery, plan)
    htmap.settings["TRANSPLANT.ASSUME_EXISTS"] = False
    described(delivery, plan)
    htmap.settings["TRANSPLANT.ASSUME_EXISTS"] = True
    assert Path(described(delivery, plan).input_files[0]).exists()


def test_a_python_that_cannot_travel_is_refused_before_anything_is_submitted(
    plan: MapPlan, small: Installation, golden: Golden
) -> None:
    delivery = TransplantDelivery(lambda: attrs.evolve(small, prefix=Path("/usr"), base=Path("/usr")))
    assert delivery.check(FarPool(5)).verdict == "no"
    with pytest.raises(NotTransplantable) as caught:
        described(delivery, plan)
    golden(
        "transplant/a-python-that-cannot-travel-is-refused-before", caught.value, hide={small.executable.name: "PYTHON"}
    )
    with pytest.raises(htmap.exceptions.CannotTransplantPython):
        described(delivery, plan)


@pytest.fixture
def chosen(personal_pool: Path) -> None:
    htmap.settings["DELIVERY_METHOD"] = "transplant"


@pytest.mark.pool
@pytest.mark.packs
@pytest.mark.usefixtures("chosen")
def test_components_run_with_the_python_that_was_unpacked_for_their_job() -> None:
    def where(_: int) -> tuple[str, str, str, str]:
        import os
        import shutil

        return sys.prefix, os.environ["_CONDOR_SCRATCH_DIR"], str(shutil.which("python3")), os.__file__

    results = list(htmap.map(where, [0, 1], chunksize=2).iter(timeout=TIMEOUT))
    prefix, scratch, python, library = results[0]
    assert (prefix, python) == (f"{scratch}/_htmap_python", f"{scratch}/_htmap_python/bin/python3")
    assert library.startswith(prefix)
    assert results[1] == results[0]


@pytest.mark.pool
@pytest.mark.packs
@pytest.mark.usefixtures("chosen")
def test_a_report_and_the_files_that_come_back_are_not_full_of_that_python() -> None:
    mapped = htmap.map(lambda x: 1 / x, [0])
    error = mapped.get_err(0, timeout=TIMEOUT)
    assert [path for path in map(str, error.scratch_dir_contents) if "_htmap_python" in path] == ["_htmap_python"]
    assert mapped.local_data < 10**6


@pytest.mark.pool
@pytest.mark.packs
@pytest.mark.usefixtures("chosen")
def test_an_archive_of_another_name_and_place_serves_as_well(tmp_path: Path) -> None:
    htmap.map(str, [0]).get(0, timeout=TIMEOUT)
    copy = tmp_path / "mine.tar.gz"
    htmap.transplants()[-1].export(copy)
    htmap.settings["TRANSPLANT.ALTERNATE_INPUT_PATH"] = copy.as_uri()
    htmap.settings["TRANSPLANT.ASSUME_EXISTS"] = True
    assert htmap.map(str, [7]).get(0, timeout=TIMEOUT) == "7"
