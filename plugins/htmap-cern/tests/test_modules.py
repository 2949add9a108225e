"""Environment modules that send jobs to schedds with other rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from htmap_cern import modules, plugin
from htmap_cern.errors import OtherSchedds

from tests.golden_files import Golden


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"LOADEDMODULES": "lxbatch/share:gcc/13"},
        {"LOADEDMODULES": "gcc/13", "_myschedd_POOL": "share"},
        {"LOADEDMODULES": "mine/spool"},
    ],
)
def test_the_usual_schedds_take_maps(variables: dict[str, str]) -> None:
    modules.refuse_other_schedds(variables)


@pytest.mark.parametrize(
    ("variables", "module"),
    [
        ({"LOADEDMODULES": "gcc/13:lxbatch/eossubmit"}, "eossubmit"),
        ({"LOADEDMODULES": "lxbatch/eossubmit/1.0"}, "eossubmit"),
        ({"_myschedd_POOL": "eossubmit"}, "eossubmit"),
        ({"LOADEDMODULES": "lxbatch/spool:gcc/13"}, "spool"),
    ],
)
def test_schedds_that_take_no_maps_are_noticed(variables: dict[str, str], module: str, golden: Golden) -> None:
    with pytest.raises(OtherSchedds) as caught:
        modules.refuse_other_schedds(variables)
    assert caught.value.module == f"lxbatch/{module}"
    golden(f"cern/other-schedds-{module}", caught.value)


def test_a_map_is_refused_before_anything_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin.htmap_check_place(tmp_path)
    monkeypatch.setenv("LOADEDMODULES", "lxbatch/spool")
    with pytest.raises(OtherSchedds):
        plugin.htmap_check_place(tmp_path)
