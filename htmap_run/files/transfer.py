"""Hand output files over to HTMap, which brings them back to the submit side."""

from __future__ import annotations

import os
import shutil

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Union


def transfer_output_files(*paths: Union[str, os.PathLike[str]]) -> None:
    """Hand over files or folders of the running component; HTMap brings them back to the submit side.

    They are moved away at once. A path inside the scratch directory keeps its folders; of any other path only the last part is
    kept. A file with a destination in the map's ``output_remaps`` goes there instead. On the submit side it does nothing, so that
    a function can be tried there. Since 0.6 or earlier::

        def simulate(seed):
            Path("histogram.txt").write_text(str(seed))
            htmap.transfer_output_files("histogram.txt")

    :raises FileNotFoundError: there is no such file.
    :raises NotTransferable: it is no file or folder, or there is something else in the folder: a pipe, a link to nothing.
    :raises FileExistsError: the component handed over something of that name already.
    :raises RuntimeError: it was called in a job, but outside of a component.
    """
    if "HTMAP_ON_EXECUTE" not in os.environ:
        return
    from htmap_run.files import placing, remaps, transferable

    folder, scratch = _folder(), placing.scratch_directory()
    remapped = remaps.places(scratch)
    for path in paths:
        source = os.path.abspath(os.fspath(path))
        if not os.path.lexists(source):
            raise FileNotFoundError(f"no file or folder {os.fspath(path)!r} to transfer (in {os.getcwd()!r})")
        name = placing.name_of(_name_within(source, scratch))
        target = remapped.get(os.path.basename(source)) or os.path.join(folder, name)
        if os.path.lexists(target):
            raise FileExistsError(f"{name!r} was handed over already; give the other file another name")
        transferable.prepare(source, scratch)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.move(source, target)


def _folder() -> str:
    try:
        return os.path.join(os.environ["HTMAP_OUTPUT_FILES"], os.environ["HTMAP_COMPONENT"])
    except KeyError as error:
        missing = error.args[0]
        raise RuntimeError(f"transfer_output_files() works only inside a component: {missing} is not set") from error


def _name_within(source: str, scratch: str) -> str:
    """Return *source* relative to the scratch directory, or only its last part if it lies elsewhere."""
    for root in (scratch, os.path.realpath(scratch) + os.sep):
        if source.startswith(root):
            return source[len(root) :]
    return os.path.basename(source)
