"""Submit descriptions for users who want to run components by hand, independently of the map."""

from __future__ import annotations

from collections.abc import Mapping

from htmap_core import names
from htmap_core.language.submit_text import render
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.files.outputs import TO_OWN_FILES
from htmap_core.submission.submit import root_of_rows

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
    commands, columns = map_dir.read_submit()
    folder = commands["initialdir"]
    own = {name: _elsewhere(name, value, folder) for name, value in commands.items() if name not in _OF_THE_MAP}
    own["log"] = LOG
    own.update(root_of_rows(map_dir, columns))
    head = [f"# This runs {_what(component)} of map {tag!r}, independently of the map.", *_notes(commands)]
    if component is None:
        return "\n".join([*head, render(own, columns, map_dir.items(0))])
    lines = [*head, *(f"{name} = {value}" for name, value in _row(map_dir, columns, component).items())]
    return "\n".join([*lines, *(f"{name} = {value}" for name, value in own.items()), "queue", ""])


def _what(component: int | None) -> str:
    return "all components" if component is None else f"component {component}"


def _notes(commands: Mapping[str, str]) -> list[str]:
    folder = commands["initialdir"].replace("$(DOLLAR)", "$")
    plugins = filter(None, commands.get("transfer_plugins", "").split(";"))
    return [
        f"# Submit it in a separate directory: `condor_submit FILE`. Events go to {LOG}, results to outputs/.",
        *(f"# First copy {folder}/{plugin.partition('=')[2]} there." for plugin in plugins),
    ]


def _row(map_dir: MapDir, columns: tuple[str, ...], component: int) -> dict[str, str]:
    """Return the values of the item columns for a job with only this component."""
    number = map_dir.placement.first.row_of(component)
    values = next(row for index, row in enumerate(map_dir.rows()) if index == number)
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
