"""Options on their way through a real pool: names that nobody knows, and values that need HTMap's help."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.names import MAPS
from htmap_core.testing import eventually

pytestmark = [pytest.mark.pool]

TIMEOUT = 180


@pytest.mark.parametrize("name", ["memory", "requestmemory", "request_gpu", "request_mem", "request_memmory", "colour"])
def test_an_option_that_nobody_knows_is_refused_and_leaves_nothing(name: str, personal_pool: Path) -> None:
    given: Any = {name: "1"}
    with pytest.raises(htmap.exceptions.UnknownOption) as raised:
        htmap.map(str, [1], map_options=htmap.MapOptions(**given))
    assert raised.value.name == name
    assert raised.value.origin is None
    assert [*personal_pool.glob(f"{MAPS}/*")] == []


def test_an_unknown_option_of_the_settings_is_refused_with_its_origin(personal_pool: Path) -> None:
    htmap.settings["MAP_OPTIONS.memory"] = "2GB"
    with pytest.raises(htmap.exceptions.UnknownOption) as raised:
        htmap.map(str, [1])
    assert raised.value.origin == htmap.settings.origin("MAP_OPTIONS.memory")
    assert [*personal_pool.glob(f"{MAPS}/*")] == []


def test_an_option_of_any_name_may_be_used_by_another(personal_pool: Path) -> None:
    options = htmap.MapOptions(
        place="sea", description="$(place)", kind=["a", "b"], rank="$(kind)", requirements="false"
    )
    waiting = htmap.map(str, [1, 2], map_options=options)
    assert len(waiting) == 2
    waiting.remove()


@pytest.mark.usefixtures("personal_pool")
@pytest.mark.parametrize("late", [{}, {"max_materialize": 3}])
def test_a_walltime_for_each_component_is_the_limit_of_its_job_and_so_is_a_new_one_for_all(late: Any) -> None:
    own = {"MaxRuntime": "$(htmap_walltime) + 1"}
    options = htmap.MapOptions(walltime=["1h", "", 60], requirements="false", custom_options=own, **late)
    waiting = htmap.map(str, range(3), map_options=options)

    def limits() -> list[Any]:
        ads = [waiting.job_ad(component).attributes for component in range(3)]
        return [(ad["AllowedExecuteDuration"], ad["MaxRuntime"]) for ad in ads]

    eventually(
        lambda: not waiting.components_by_status()[htmap.ComponentStatus.UNMATERIALIZED], says="all jobs are made"
    )
    assert limits() == [(3900, "3900 + 1"), (None, "undefined + 1"), (360, "360 + 1")]
    waiting.set_walltime("2:00:00")
    assert limits() == [(7500, "7500 + 1")] * 3


def test_an_environment_and_relative_paths_arrive_as_they_are(
    personal_pool: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look(_: int) -> tuple[dict[str, str], list[str]]:
        files = (path for path in Path().rglob("*.csv") if not path.parts[0].startswith("_"))
        return {name: os.environ.get(name, "") for name in "ABC"}, sorted(map(str, files))

    monkeypatch.chdir(tmp_path)
    for name in ("sea/tide.csv", "sea/deep/tide.csv", "land/tide.csv", "tide.csv", "own/own.csv", "far.csv"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    hard = {"A": "b c", "B": """it's "$(x)" $HOME""", "C": "a=b"}
    options = htmap.MapOptions(
        preserve_relative_paths=True,
        fixed_input_files=["sea/tide.csv", "sea/deep", "./land/tide.csv", "tide.csv"],
        input_files=[["own/own.csv"], [tmp_path / "far.csv"]],
        environment=[hard, {**hard, "A": "$$"}],
    )
    found = htmap.map(look, [1, 2], map_options=options)
    shared = ["land/tide.csv", "sea/deep/tide.csv", "sea/tide.csv", "tide.csv"]
    assert found.get(0, TIMEOUT) == (hard, sorted([*shared, "own/own.csv"]))
    assert found.get(1, TIMEOUT) == ({**hard, "A": "$$"}, sorted([*shared, "far.csv"]))
    found.remove()
