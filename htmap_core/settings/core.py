"""The core's own settings: an attrs class for each table, as plugins have them.

A field has the setting's default and type. Its metadata have the meaning, and the environment variables if they do not follow
the rule (see :mod:`htmap_core.settings.model`). The built-in defaults, the variables, the checks, ``htmap settings`` and the
reference page are made from these classes.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core.names import PLACES, POOL
from htmap_core.settings import model

IF_EXISTS = ("error", "resume", "load", "replace")


@attrs.frozen
class CoreSettings:
    """The settings outside of tables."""

    htmap_dir: Path = attrs.field(
        default=Path("~/.htmap"),
        metadata={"meaning": "the folder of maps and of the personal pool", "environment": ("HTMAP_DIR",)},
    )
    trusted_folders: list[str] = attrs.field(
        factory=list,
        metadata={
            "meaning": "folders that HTMap uses although others own them or may write to them, with all that is below",
            "default": "none",
        },
    )
    delivery_method: str = attrs.field(
        default="auto",
        metadata={
            "meaning": "how Python reaches the execute node: a delivery method, or `auto` for the one that suits the pool best",
            "environment": (
                "HTMAP_DELIVERY_METHOD",
                "HTMAP_DELIVERY",
            ),  # in the original's code, and in its documentation
        },
    )
    if_exists: str = attrs.field(
        default=IF_EXISTS[0],
        validator=attrs.validators.in_(IF_EXISTS),
        metadata={
            "meaning": "what becomes of a map that has the tag of a new one: `error` refuses the new one, `resume` gives the map "
            "back and adds what is new, `load` gives it back whatever it is, `replace` removes it"
        },
    )
    where: str = attrs.field(
        default=POOL,
        validator=attrs.validators.in_(PLACES),
        metadata={
            "meaning": "where maps run: in the `pool`, or, to try them, on this machine: `here` in the program's own process, or "
            "in `processes` of their own"
        },
    )
    processes: int = attrs.field(
        default=0,
        validator=attrs.validators.ge(0),
        metadata={
            "meaning": "how many processes a map uses at a time that runs on this machine in `processes`",
            "default": "as many as this one may use processors",
        },
    )
    wait_time: float = attrs.field(
        default=1, metadata={"meaning": "seconds between two checks, at most, while a program waits"}
    )
    progress: str = attrs.field(
        default="auto",
        validator=attrs.validators.in_(("auto", "always", "never")),
        metadata={
            "meaning": "where is shown how far a map is that a program waits for, or other long work: `auto` on terminals and in "
            "notebooks, `always` in logs and pipes, too (a line now and then), `never` whatever the program asks for"
        },
    )
    signed_url_days: float = attrs.field(
        default=7,
        validator=[attrs.validators.gt(0), attrs.validators.le(7)],
        metadata={
            "meaning": "days for which the signed URL of an output to `s3://` or `gs://` is good; S3 allows seven"
        },
    )
    walltime_margin: float = attrs.field(
        default=300,
        validator=attrs.validators.ge(0),
        metadata={
            "meaning": "seconds that a job may take besides the `walltime` of its components, to start its container and Python, "
            "import modules and send files back"
        },
    )
    allow_python_mismatch: bool = attrs.field(
        default=False,
        metadata={
            "meaning": "whether a function that is pickled by reference may run under another minor version of Python",
        },
    )
    send_modules: bool = attrs.field(
        default=True,
        metadata={
            "meaning": "whether the modules of your own that a function needs are sent along, where each is one file beside the "
            "script",
        },
    )
    tell_mistakes: bool = attrs.field(
        default=True,
        metadata={
            "meaning": "whether maps are looked at for mistakes when they are created, such as large variables of the function; "
            "each is a warning of its own",
        },
    )


@attrs.frozen
class MapOptionSettings:
    """The default options of all maps. Users can add any other map option; :mod:`htmap_core.contract.options` checks them."""

    request_cpus: str = attrs.field(default="1", metadata={"meaning": "how many processors a component gets"})
    request_memory: str = attrs.field(default="128MB", metadata={"meaning": "how much memory a component gets"})
    request_disk: str = attrs.field(default="1GB", metadata={"meaning": "how much disk space a component gets"})
    keep_claim_idle: str = attrs.field(
        default="30",
        metadata={
            "meaning": "seconds for which the schedd keeps a claim on a slot that runs none of your jobs; the built-in value is "
            "for maps whose jobs the schedd makes late, and no others"
        },
    )


@attrs.frozen
class HTCondorSettings:
    """The machine's own pool."""

    scheduler: Optional[str] = attrs.field(
        default=None,
        metadata={
            "meaning": "the schedd to submit to",
            "default": "the local one",
            "environment": ("HTMAP_CONDOR_SCHEDULER",),
        },
    )
    collector: Optional[str] = attrs.field(
        default=None,
        metadata={
            "meaning": "the collector that knows the schedd",
            "default": "the configured one",
            "environment": ("HTMAP_CONDOR_COLLECTOR",),
        },
    )


@attrs.frozen
class PluginsSettings:
    """The choice of plugins."""

    disabled: list[str] = attrs.field(
        factory=list,
        metadata={
            "meaning": "the names of plugins that HTMap does not load",
            "default": "none",
        },
    )
    required: list[str] = attrs.field(
        factory=list,
        metadata={
            "meaning": "the names of plugins without which no map is submitted; `*` for all that are installed; "
            "those in the environment and in the settings of the machine count whatever else is set",
            "default": "none",
        },
    )
    files: list[str] = attrs.field(
        factory=list,
        metadata={
            "meaning": "the absolute paths of one-off plugins, which are files without a distribution; "
            "those in the environment and in the settings of the machine count whatever else is set",
            "default": "none",
        },
    )
    time_limit: float = attrs.field(
        default=30,
        validator=attrs.validators.gt(0),
        metadata={
            "meaning": "seconds that a plugin has to answer, such as whether its pool can be used; HTCondor's own time does "
            "not count. What may take longer, such as storing a credential, is named while it does"
        },
    )


@attrs.frozen
class CliSettings:
    """The command line."""

    is_cli: bool = attrs.field(
        default=False, metadata={"meaning": "true in the command line, which sets it", "environment": ()}
    )


MAP_OPTIONS = "MAP_OPTIONS"

TABLES: dict[str, type] = {
    MAP_OPTIONS: MapOptionSettings,
    "HTCONDOR": HTCondorSettings,
    "PLUGINS": PluginsSettings,
    "CLI": CliSettings,
}

SETTINGS: dict[str, model.Setting] = {
    setting.name: setting
    for table, cls in (("", CoreSettings), *TABLES.items())
    for setting in model.settings_of(table, cls, lower=table == MAP_OPTIONS)
}

VARIABLES: dict[str, str] = {variable: each.name for each in SETTINGS.values() for variable in each.variables}


@functools.lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Return the top-level names: the settings outside of tables, and the tables."""
    return frozenset(name.partition(".")[0] for name in SETTINGS)


def defaults() -> dict[str, Any]:
    """Return the built-in defaults in the form of a settings file, with None for settings without a value."""
    tables = {name: model.defaults(cls, lower=name == MAP_OPTIONS) for name, cls in TABLES.items()}
    return {**model.defaults(CoreSettings), **tables}
