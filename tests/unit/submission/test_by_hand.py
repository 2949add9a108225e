"""Submit descriptions for jobs that are no part of the map."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core.contract.pools import PoolAddress
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.submission.by_hand import description
from htmap_core.submission.files.outputs import TO_OWN_FILES

NOW = {
    "initialdir": "/maps/$(DOLLAR)1/outputs",
    "transfer_input_files": "../_htmap_function,../inputs/$(htmap_inputs),/data/x,https://server/y,$(htmap_files)",
    "transfer_output_remaps": f'"{TO_OWN_FILES};$(htmap_remaps)"',
    "transfer_plugins": "own=_htmap_transfer_own",
}
OF_0_7 = {"initialdir": "/maps/$(DOLLAR)1", "transfer_input_files": "_htmap_function,inputs/$(htmap_inputs)"}


@pytest.fixture
def map_dir(tmp_path: Path) -> MapDir:
    made = MapDir(tmp_path)
    made.write_record(MapRecord(1, 1, "assume", PoolAddress("personal"), {}, {}, created=1.5))
    return made


def lines(map_dir: MapDir, commands: dict[str, str]) -> list[str]:
    map_dir.write_submit(commands, ("component",))
    return description(map_dir, "tide").splitlines()


def test_inputs_are_those_of_the_map_wherever_it_is_submitted(map_dir: MapDir) -> None:
    inputs = "/maps/$(DOLLAR)1/_htmap_function,/maps/$(DOLLAR)1/inputs/$(htmap_inputs)"
    others = "/data/x,https://server/y,$(htmap_files)"
    assert f"transfer_input_files = {inputs},{others}" in lines(map_dir, NOW)
    assert f"transfer_input_files = {inputs}" in lines(map_dir, OF_0_7)


def test_what_each_job_returns_is_below_outputs_where_it_is_submitted(map_dir: MapDir) -> None:
    found = lines(map_dir, NOW)
    (remaps,) = (line for line in found if line.startswith("transfer_output_remaps"))
    assert remaps.count("=outputs/$(htmap_result).") == 4
    assert remaps.endswith(';$(htmap_remaps)"')
    assert not any(line.startswith("initialdir") for line in found)


def test_a_transfer_plugin_is_copied_from_where_the_map_has_it(map_dir: MapDir) -> None:
    assert any("/maps/$1/outputs/_htmap_transfer_own " in line for line in lines(map_dir, NOW))
