"""Submit descriptions for users who want to run components by hand, independently of the map."""

from __future__ import annotations

from collections.abc import Mapping

from htmap_core import names
from htmap_core.language.literals import original
from htmap_core.language.submit_text import render
from htmap_core.storage.jobs import Portion
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.files.outputs import TO_OWN_FILES
from htmap_core.submission.submit import root_of_rows
from htmap_run import ranges

LOG = "htmap.events"

# The commands that make jobs part of the map: the map would read their events, and acts on the map would reach them.
_OF_THE_MAP = frozenset(
    {"initialdir", "log", "output", "JobBatchName", f"MY.{names.IS_HTMAP_JOB}", f"MY.{names.MAP_ID}"}
)


def description(map_dir: MapDir, tag: str, component: int | None = None) -> str:
    """Return a submit description for ``condor_submit``: the map's own, but independent of the map.

    Events arrive in the directory in which the user submits it, results in a folder ``outputs`` there, one folder for each job.

    :param component: the component to run; all by default.
    :raises CorruptMap: the map's submit description cannot be read.
    """
    map_dir.refresh()
    placement = map_dir.placement
    if component is not None:
        return _of_portion(map_dir, tag, placement.portion_of(component), component)
    return "\n".join(_of_portion(map_dir, tag, portion) for portion in placement.portions)


def _of_portion(map_dir: MapDir, tag: str, portion: Portion, component: int | None = None) -> str:
    commands, columns = map_dir.files_of(portion.submission).read_submit()
    folder = commands["initialdir"]
    own = {name: _elsewhere(name, value, folder) for name, value in commands.items() if name not in _OF_THE_MAP}
    own["log"] = LOG
    own.update(root_of_rows(map_dir, columns))
    added = [] if portion.first == 0 else ["# They were added: put what follows into a file of its own."]
    what = _what(portion, component)
    head = [f"# This runs {what} of map {tag!r}, independently of the map.", *added, *_notes(commands)]
    if component is None:
        return "\n".join([*head, render(own, columns, map_dir.items(portion.submission))])
    lines = [*head, *(f"{name} = {value}" for name, value in _row(map_dir, portion, columns, component).items())]
    return "\n".join([*lines, *(f"{name} = {value}" for name, value in own.items()), "queue", ""])


def _what(portion: Portion, component: int | None) -> str:
    if component is not None:
        return f"component {component}"
    return "all components" if portion.first == 0 else f"components {ranges.spell(portion.components)}"


def _notes(commands: Mapping[str, str]) -> list[str]:
    folder = original(commands["initialdir"])
    plugins = filter(None, commands.get("transfer_plugins", "").split(";"))
    return [
        f"# Submit it in a separate directory: `condor_submit FILE`. Events go to {LOG}, results to outputs/.",
        *(f"# First copy {folder}/{plugin.partition('=')[2]} there." for plugin in plugins),
    ]


def _row(map_dir: MapDir, portion: Portion, columns: tuple[str, ...], component: int) -> dict[str, str]:
    """Return the values of the item columns for a job with only this component."""
    number = portion.row_of(component)
    values = next(row for index, row in enumerate(map_dir.rows(portion.submission)) if index == number)
    row = dict(zip(columns, values))
    return {**row, **dict(zip(names.COLUMNS, (str(component), str(component), values[2], str(component))))}


def _elsewhere(name: str, value: str, folder: str) -> str:
    """Return a command's value for jobs with another initial directory than *folder*, the map's."""
    if name == "transfer_output_remaps":
        return value.replace(TO_OWN_FILES, TO_OWN_FILES.replace("=", f"={names.OUTPUTS}/"))
    if name != "transfer_input_files":
        return value
    paths = (path.strip() for path in value.split(","))
    return ",".join(path if path.startswith(("/", "$")) or "://" in path else _joined(folder, path) for path in paths)


def _joined(folder: str, path: str) -> str:
    return f"{folder}/{path}".replace(f"/{names.OUTPUTS}/{names.TO_MAP}/", "/")
