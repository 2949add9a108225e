"""All files of a map, from the options to the submit description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from htmap_core import MapOptions, SubmitDescription
from htmap_core.exceptions import MisalignedInputData
from htmap_core.submission.files.map_files import MapFiles


def begun(folder: Path, **options: Any) -> MapFiles:
    files = MapFiles(MapOptions(**options))
    files.of_all(folder / "htmap/maps/id", [])
    return files


def test_a_component_has_a_value_for_each_column(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    files = begun(tmp_path, input_files=[tmp_path / "a"], output_remaps={"out": "https://example.org/$(component)"})
    assert list(files.columns) == ["htmap_files", "htmap_remaps", "htmap_remapped"]
    assert files.of_next(())[1] == [
        [str(tmp_path / "a")],
        ["_htmap_return/remapped/0-0=https://example.org/0"],
        ["0-0/out"],
    ]
    files.end()


def test_the_column_of_files_is_transferred_where_components_have_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    files = begun(tmp_path, input_files=[tmp_path / "a"])
    files.of_next(())
    submit = SubmitDescription()
    files.describe(submit)
    assert submit.input_files == ("$(htmap_files)",)


@pytest.mark.parametrize("options", [{"input_files": ["/etc/passwd"] * 2}, {"output_remaps": [{}, {}]}])
def test_files_for_components_that_are_not_there_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    files = begun(tmp_path, **options)
    files.of_next(())
    with pytest.raises(MisalignedInputData):
        files.end()
