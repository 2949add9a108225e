"""Submit descriptions for people who want to run components of a map by hand, apart from the map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from htmap_core import names
from htmap_core.language.submit_text import render
from htmap_core.storage.mapdir import MapDir

LOG = "htmap.events"

# What makes jobs those of the map: it would take their events for its own, and whatever acts on the map would act on them.
_OF_THE_MAP = frozenset(
    {"initialdir", "log", "output", "JobBatchName", f"MY.{names.IS_HTMAP_JOB}", f"MY.{names.MAP_ID}"}
)


def description(map_dir: MapDir, tag: str, component: int | None = None) -> str:
    """Return a description that ``condor_submit`` takes: what the map submitted, but with events and results of its own.

    They come into the directory in which it is submitted.

    :param component: the only component to run; all by default.
    :raises CorruptMap: what was submitted cannot be read.
    """
    commands, columns = map_dir.read_submit()
    own = {name: _absolute(name, value, map_dir.path) for name, value in commands.items() if name not in _OF_THE_MAP}
    own["log"] = LOG
    head = [f"# What runs {_what(component)} of map {tag!r}, apart from the map.", *_notes(commands, map_dir)]
    if component is None:
        return "\n".join([*head, render(own, columns, map_dir.items(0))])
    lines = [*head, *(f"{name} = {value}" for name, value in _row(map_dir, columns, component).items())]
    return "\n".join([*lines, *(f"{name} = {value}" for name, value in own.items()), "queue", ""])


def _what(component: int | None) -> str:
    return "all components" if component is None else f"component {component}"


def _notes(commands: Mapping[str, str], map_dir: MapDir) -> list[str]:
    plugins = filter(None, commands.get("transfer_plugins", "").split(";"))
    return [
        f"# Submit it in a directory of its own: `condor_submit FILE`. Events go to {LOG}, what comes back to outputs/.",
        *(f"# First copy {map_dir.path / plugin.partition('=')[2]} there." for plugin in plugins),
    ]


def _row(map_dir: MapDir, columns: tuple[str, ...], component: int) -> dict[str, str]:
    """Return the values of the item columns for a job that runs one component alone."""
    number = component // map_dir.record.chunksize
    values = next(row for index, row in enumerate(map_dir.rows()) if index == number)
    row = dict(zip((*names.COLUMNS, *columns), values))
    return {**row, **dict(zip(names.COLUMNS, (str(component), str(component), values[2], str(component))))}


def _absolute(name: str, value: str, folder: Path) -> str:
    """Return a command's value with the input files, which are relative to the map's directory, named in full."""
    if name != "transfer_input_files":
        return value
    paths = (path.strip() for path in value.split(","))
    return ",".join(path if path.startswith(("/", "$")) or "://" in path else f"{folder}/{path}" for path in paths)
