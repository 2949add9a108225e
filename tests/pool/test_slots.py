"""Slots of another architecture, many slots, and none: what maps, waiting and explanations make of them and of the collector."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import htcondor2
import pytest

import htmap
from htmap.exceptions import NoSlotFits
from htmap_core.condor import bindings
from htmap_core.contract.pools import PoolAddress
from htmap_core.diagnosis.doctor import checks
from htmap_core.diagnosis.fair_share import InFront
from htmap_core.language.added_requirements import all_added, of_image, of_requests
from htmap_core.language.expressions import conjuncts
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins
from htmap_core.results import news
from htmap_core.testing import eventually, pool_of_its_own, using_htmap_dir

pytestmark = pytest.mark.pool

MANY = 300
ARM = htmap.MapOptions(requirements='Arch == "aarch64"')
_CONFIGURATION = """
STARTD.ARCH = aarch64
STARTD.UPDATE_INTERVAL = 3600
SCHEDD_ENABLE_PER_USER_MATCH_LIMITS = True
"""


@pytest.fixture(scope="module")
def running_pool(installed_htcondor: Path) -> Iterator[Path]:
    """Run a pool whose slots say that they are ARM, while its users submit from this machine."""
    with pool_of_its_own(installed_htcondor, _CONFIGURATION) as folder:
        yield folder


@pytest.fixture(autouse=True)
def method(htmap_dir: Path) -> None:
    """Choose a method that needs no preparation."""
    htmap.settings["DELIVERY_METHOD"] = "assume"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """Note what the collector answers to each question about slots."""
    answers: list[list[Any]] = []
    query = htcondor2.Collector.query

    def noted(self: Any, ad_type: Any = htcondor2.AdType.Any, *args: Any, **kwargs: Any) -> Any:
        found = query(self, ad_type, *args, **kwargs)
        if ad_type == htcondor2.AdType.Startd:
            answers.append(found)
        return found

    monkeypatch.setattr(htcondor2.Collector, "query", noted)
    return answers


def collector(pool: Path) -> Any:
    address = PoolAddress("test", configuration=pool / "pool" / "condor_config")
    return bindings.load(address.configuration).Collector()


def slots(pool: Path) -> list[Any]:
    return list(collector(pool).query(htcondor2.AdType.Startd, constraint='SlotType =!= "Dynamic"'))


def forget(pool: Path, names: str) -> None:
    """Have the collector forget the slots whose names match."""
    import classad2

    told = {"MyType": "Query", "TargetType": "Machine", "Requirements": classad2.ExprTree(f'regexp("{names}", Name)')}
    collector(pool).advertise([classad2.ClassAd(told)], "INVALIDATE_STARTD_ADS", True)


class TestSlotsOfAnotherArchitecture:
    @pytest.fixture(scope="class")
    @classmethod
    def warned(cls, class_pool: Path) -> NoSlotFits:
        """Map where no slot has this machine's architecture, and return the warning."""
        with using_htmap_dir(class_pool), pytest.warns(NoSlotFits) as caught:
            htmap.map(str, [1], tag="tide")
        (warning,) = [each.message for each in caught if isinstance(each.message, NoSlotFits)]
        return warning

    def test_a_map_that_htcondor_sends_to_none_of_them_is_told_so_when_it_is_made(self, warned: NoSlotFits) -> None:
        assert (warned.slots, list(warned.demands.values())) == (1, [0])
        assert "aarch64" in warned.advice

    @pytest.mark.usefixtures("warned", "in_class_pool")
    def test_it_waits_and_why_says_what_to_do(self) -> None:
        (found,) = htmap.load("tide").why()
        assert (str(found.status), "aarch64" in found.advice) == ("IDLE", True)

    @pytest.mark.usefixtures("in_class_pool")
    def test_it_is_a_problem_to_doctor_unless_the_settings_have_requirements_that_name_the_architecture(self) -> None:
        (noted,) = [check for check in checks() if (check.area, check.verdict) == ("slots", "problem")]
        assert "aarch64" in noted.advice
        htmap.settings["MAP_OPTIONS.requirements"] = 'Arch == "aarch64"'
        assert {check.verdict for check in checks() if check.area == "slots"} == {"ok"}

    @pytest.mark.usefixtures("in_class_pool")
    def test_with_the_requirements_that_it_advises_a_map_runs_there(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            mapped = htmap.map(str, [1], map_options=ARM)
        assert list(mapped.iter(timeout=180)) == ["1"]


def test_a_map_behind_one_that_fits_no_slot_is_explained_where_the_schedd_offers_few_jobs(in_class_pool: Path) -> None:
    unfit = htmap.MapOptions(requirements='Arch == "aarch64" && Cpus > 1000000')
    with pytest.warns(NoSlotFits):
        never = htmap.map(str, range(25), tag="never", chunksize=1, map_options=unfit)
    behind = htmap.map(str, [1], map_options=ARM)

    def in_front() -> InFront | None:
        return next((each.verdict.standing.in_front for each in behind.why() if each.verdict is not None), None)

    eventually(lambda: in_front() is not None, says="the schedd has offered the jobs of the first map")
    (found,) = behind.why()
    assert in_front() == InFront(25, ("never",))
    assert "`htmap hold never`" in found.advice
    never.hold()
    assert list(behind.iter(timeout=180)) == ["1"]


REQUIREMENTS = (
    *("Memory > 1", 'Arch == "aarch64"', "isUndefined(MY.arch)", 'Name == "Arch"', 'OpSys == "LINUX" || true'),
    *('OpSysAndVer == "x"', 'OpSysName == "x"', 'OpSysLongName == "x"', 'OpSysShortName == "x"', 'OpSysLegacy == "x"'),
    *("OpSysVer > 1", "OpSysMajorVer > 1", "HasFileTransfer"),
)

OF_IMAGES = {"HasDocker", "HasContainer", "HasDockerURL"}


@pytest.mark.usefixtures("in_class_pool")
@pytest.mark.parametrize(
    ("universe", "image"), [("vanilla", ""), ("docker", "docker_image = sea"), ("vanilla", "docker_image = sea")]
)
class TestWhatHTCondorAddsToRequirements:
    def test_it_is_what_we_say(self, universe: str, image: str, tmp_path: Path) -> None:
        _, connection = pools.find_pool()
        ours: dict[str, set[str]] = {}
        theirs: dict[str, set[str]] = {}
        for text in REQUIREMENTS:
            commands = ("executable = /bin/true", f"log = {tmp_path}/log", "hold = True", "should_transfer_files = YES")
            described = "\n".join((*commands, f"universe = {universe}", image, f"requirements = {text}", "queue", ""))
            submitted = connection.submit(described)
            (ad,) = connection.query_jobs(f"ClusterId == {submitted.cluster}", ["Requirements"])
            connection.remove(f"ClusterId == {submitted.cluster}", "it was only looked at")
            parts = {part.replace("TARGET.", "") for part in conjuncts(ad["Requirements"])}
            theirs[text] = {part for part in parts if part not in {text, *OF_IMAGES} and "Request" not in part}
            ours[text] = set(all_added(text, bool(image), connection.parameter, {}, brings_plugins=False, saves=False))
        assert ours == theirs


@pytest.mark.usefixtures("personal_pool")
def test_what_htcondor_adds_for_jobs_that_checkpoint_by_exit_is_what_we_say() -> None:
    exits = htmap.MapOptions(requirements='Arch == "aarch64"', checkpoint="exit", hold=True)
    theirs = conjuncts(htmap.map(str, [1], map_options=exits).job_ad(0).attributes["Requirements"])
    ours = all_added("Arch", False, lambda _: None, {}, brings_plugins=False, saves=True)
    assert set(ours) <= {part.replace("TARGET.", "") for part in theirs}


@pytest.mark.usefixtures("personal_pool")
@pytest.mark.parametrize("image", ["/images/sea.sif", "/images/sea", "docker://sea:1", "osdf:///images/sea.sif"])
def test_what_htcondor_asks_of_slots_for_an_image_is_what_we_say(image: str, tmp_path: Path) -> None:
    _, connection = pools.find_pool()
    commands = ("universe = container", "executable = /bin/true", "hold = True", "transfer_container = False")
    described = "\n".join((*commands, f"log = {tmp_path}/log", f"container_image = {image}", "queue", ""))
    submitted = connection.submit(described)
    (ad,) = connection.query_jobs(f"ClusterId == {submitted.cluster}", ["Requirements"])
    connection.remove(f"ClusterId == {submitted.cluster}", "it was only looked at")
    abilities = {"HasSIF", "HasSandboxImage", "HasDockerURL"}
    assert {part.replace("TARGET.", "") for part in conjuncts(ad["Requirements"])} & abilities == {of_image(image)}


@pytest.mark.filterwarnings("ignore::htmap.exceptions.NoSlotFits")
@pytest.mark.usefixtures("personal_pool")
def test_attributes_that_htcondor_takes_for_requests_are_those_that_we_say() -> None:
    values = {"Runtime": "7200 + 600", "Tea": "2.5", "Named": "3", "Nothing": "0", "Text": '"5"', "Switch": "true"}
    own = {f"Request{name}": value for name, value in values.items()}
    options = htmap.MapOptions(requirements="TARGET.Named > 1", custom_options=own, hold=True)
    theirs = conjuncts(htmap.map(str, [1], map_options=options).job_ad(0).attributes["Requirements"])
    ours = set(of_requests("TARGET.Named > 1", own))
    assert ours == {part for part in theirs if any(f">= Request{name}" in part for name in values)}
    assert ours == {"TARGET.Runtime >= RequestRuntime", "TARGET.Tea >= RequestTea"}


@pytest.mark.usefixtures("in_class_pool")
class TestManySlots:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def many(cls, class_pool: Path) -> Iterator[None]:
        """Tell the collector of many slots that are not there."""
        import classad2

        (real,) = slots(class_pool)
        told = []
        for number in range(MANY):
            ad = classad2.ClassAd(str(real))
            ad["Arch"] = htcondor2.param["ARCH"]
            ad["Machine"] = f"wn{number}.example.org"
            ad["Name"] = f"slot1@wn{number}.example.org"
            ad["MyAddress"] = f"<10.0.{number // 200}.{number % 200}:9618>"
            told.append(ad)
        collector(class_pool).advertise(told, "UPDATE_STARTD_AD", True)
        eventually(lambda: len(slots(class_pool)) == MANY + 1, says="the collector knows the slots")
        yield
        forget(class_pool, "example.org")

    def test_maps_of_a_moment_ask_the_collector_once_and_for_hardly_an_attribute(self, asked: list[list[Any]]) -> None:
        options = htmap.MapOptions(requirements="Memory > 0", hold=True)
        htmap.map(str, [1], map_options=options)
        assert {len(found) for found in asked} <= {MANY, MANY + 1}
        assert sum(len(ad) for found in asked for ad in found) <= 3 * (MANY + 1)
        asked.clear()
        for _ in range(3):
            htmap.map(str, [1], map_options=options)
        assert asked == []

    def test_a_count_of_zero_is_asked_for_again(self, asked: list[list[Any]]) -> None:
        for _ in range(2):
            asked.clear()
            assert pools.find_pool()[1].count("HasQuantumComputer") == (0, MANY + 1)
            assert [] in asked

    def test_whoever_waits_asks_again_after_minutes_alone(
        self, asked: list[list[Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(news, "QUIET", 0.2)
        mapped = htmap.map(str, [1], map_options=htmap.MapOptions(requirements="false"))
        asked.clear()
        for _ in range(2):
            with pytest.raises(htmap.exceptions.TimeoutError):
                mapped.wait(timeout=1.5)
        assert [len(found) for found in asked] in ([MANY + 1], [])

    def test_why_and_doctor_ask_for_what_they_need(self, asked: list[list[Any]]) -> None:
        with pytest.warns(NoSlotFits):
            mapped = htmap.map(str, [1], map_options=htmap.MapOptions(requirements="TARGET.HasTeX && true"))
        eventually(lambda: mapped.component_statuses == ["IDLE"], says="the job is idle")
        asked.clear()
        (found,) = mapped.why()
        assert found.verdict is not None
        assert (found.verdict.slots, found.verdict.clauses[0].slots) == (MANY + 1, 0)
        assert [check.verdict for check in checks() if check.area == "slots"] == ["ok", "ok", "ok"]
        assert max(len(ad) for found in asked for ad in found) < 40  # complete ads have 185


# The kind of a slot, its state, its activity, and its CPUs.
USED = [
    ("Partitionable", "Unclaimed", "Idle", 1),
    ("Static", "Unclaimed", "Idle", 2),
    ("Static", "Claimed", "Busy", 4),
    ("Static", "Claimed", "Idle", 8),
    ("Dynamic", "Claimed", "Busy", 16),
    ("Dynamic", "Claimed", "Idle", 32),
]


@pytest.mark.usefixtures("in_class_pool")
class TestSlotsInUse:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def used(cls, class_pool: Path) -> Iterator[None]:
        """Tell the collector of slots that are not there: one that is partly given away, and all kinds that are claimed."""
        import classad2

        eventually(
            lambda: all(ad.get("NumDynamicSlots") == 0 for ad in slots(class_pool)), says="no slot is kept for a job"
        )
        (real,) = slots(class_pool)
        told = []
        for number, (kind, state, activity, cpus) in enumerate(USED):
            ad = classad2.ClassAd(str(real))
            ad.update(SlotType=kind, State=state, Activity=activity, Cpus=cpus, TotalSlotCpus=100)
            ad["Name"] = f"slot1_{number}@wn.example.org"
            ad["MyAddress"] = f"<10.0.0.{number}:9618>"
            told.append(ad)
        collector(class_pool).advertise(told, "UPDATE_STARTD_AD", True)
        eventually(lambda: len(slots(class_pool)) == 5, says="the collector knows the slots")
        yield
        forget(class_pool, "example.org")

    def test_what_is_kept_for_the_next_jobs_is_free_to_doctor_and_what_runs_jobs_is_not(self, class_pool: Path) -> None:
        (real,) = (slot for slot in slots(class_pool) if "example.org" not in slot["Name"])
        told = next(check.text for check in checks() if check.area == "slots")
        _, _, free, cpus, kept = map(int, re.findall(r"\d+", told)[:5])
        assert (free - int(real["TotalSlotCpus"]), kept) == (1 + 2 + 8 + 32, 8 + 32)
        assert cpus > free


@pytest.mark.usefixtures("in_class_pool")
class TestNoSlots:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def none(cls, class_pool: Path) -> Iterator[None]:
        """Have the collector forget all slots, as it does when the last glidein ends; they come again afterwards."""
        eventually(
            lambda: all(ad.get("NumDynamicSlots") == 0 for ad in slots(class_pool)), says="no slot is kept for a job"
        )
        before = slots(class_pool)
        forget(class_pool, ".")
        eventually(lambda: not slots(class_pool), says="the collector knows no slot")
        yield
        collector(class_pool).advertise(before, "UPDATE_STARTD_AD", True)

    @pytest.mark.parametrize("method", ["assume", "docker", "shared"])
    def test_a_map_is_made_without_a_warning(self, method: str) -> None:
        htmap.settings["DELIVERY_METHOD"] = method
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            options = htmap.MapOptions(requirements="HasTeX", fixed_input_files="https://example.org/sea")
            assert htmap.map(str, [1], map_options=options).is_active

    def test_no_delivery_method_is_refused(self) -> None:
        _, pool = pools.find_pool()
        suits = {name: plugins.check(method, pool).verdict for name, method in plugins.delivery_methods().items()}
        assert set(suits.values()) == {"unknown"}, suits

    def test_whoever_waits_is_not_warned(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(news, "QUIET", 0.2)
        mapped = htmap.map(str, [1])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(htmap.exceptions.TimeoutError):
                mapped.wait(timeout=1)
        (found,) = mapped.why()
        assert found.verdict is not None
        assert found.verdict.slots == 0

    def test_it_is_a_note_to_doctor(self) -> None:
        assert [check.verdict for check in checks() if check.area == "slots"] == ["note"]
