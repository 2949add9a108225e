"""What jobs request at CERN: memory and disk come with cores, and starts are counted."""

from __future__ import annotations

from htmap_core import MapOptions, SubmitDescription
from htmap_core.exceptions import InvalidOption

# What comes with each core. Who asks for more of it gets, and pays, more cores.
_MEMORY, _DISK = 2000, 20_000  # MB

_STARTS = 10  # of a job; the site removes one that starts more often


def describe(submit: SubmitDescription, options: MapOptions) -> None:
    """Request the memory and the disk of the cores that the user asks for, unless the user says how much.

    :raises InvalidOption: HTCondor is to start a job again more often than the site lets it.
    """
    cores = submit.get("request_cpus") or "1"
    submit.set_default("request_memory", _times(_MEMORY, cores, "MB"))
    submit.set_default("request_disk", _times(_DISK, cores, "MB", 1024))
    retries = str(options.get("max_retries", "")).strip()
    if retries.isdecimal() and int(retries) >= _STARTS:
        raise InvalidOption(
            "max_retries", retries, f"is {_STARTS} or more: CERN removes a job that starts more than {_STARTS} times"
        )


def _times(amount: int, cores: str, unit: str, units: int = 1) -> str:
    """Return the amount for so many cores; if their number is an expression, another one, in HTCondor's own unit.

    :param units: how many of that are in *unit*.
    """
    return f"{amount * int(cores)}{unit}" if cores.isdecimal() else f"{amount * units} * ({cores})"
