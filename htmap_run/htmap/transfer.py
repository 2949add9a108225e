"""Hand files over to HTMap, which brings them back to the submit side."""

from __future__ import annotations

import os
import shutil

from htmap_run.transferred import scratch_directory

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Union


def transfer_output_files(*paths: Union[str, os.PathLike[str]]) -> None:
    """Move files or folders of the running component to where HTMap brings them back from.

    A path inside the scratch directory keeps its folders; any other comes back by its last part alone. What has a destination
    in the map's ``output_remaps`` is sent there instead.

    :raises FileNotFoundError: where there is no such file.
    :raises FileExistsError: where the component handed over something of that name already.
    :raises RuntimeError: outside of a component.
    """
    from htmap_run.files import placing, remaps

    folder, scratch = _folder(), scratch_directory()
    remapped = remaps.places(scratch)
    for path in paths:
        source = os.path.abspath(os.fspath(path))
        if not os.path.lexists(source):
            raise FileNotFoundError(f"no file or folder {os.fspath(path)!r} to transfer (in {os.getcwd()!r})")
        name = placing.name_of(_name_within(source, scratch))
        target = remapped.get(os.path.basename(source)) or os.path.join(folder, name)
        if os.path.lexists(target):
            raise FileExistsError(f"{name!r} was handed over already; give the other file another name")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.move(source, target)


def _folder() -> str:
    try:
        return os.path.join(os.environ["HTMAP_OUTPUT_FILES"], os.environ["HTMAP_COMPONENT"])
    except KeyError as error:
        missing = error.args[0]
        raise RuntimeError(f"transfer_output_files() works only inside a component: {missing} is not set") from error


def _name_within(source: str, scratch: str) -> str:
    """Return *source* relative to the scratch directory, or only its last part where it lies elsewhere."""
    for root in (scratch, os.path.realpath(scratch) + os.sep):
        if source.startswith(root):
            return source[len(root) :]
    return os.path.basename(source)
