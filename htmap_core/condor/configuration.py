"""HTCondor's configuration files: whether this machine has one, and whether one can be trusted."""

from __future__ import annotations

import os
from pathlib import Path

from htmap_core import environment
from htmap_core.exceptions import UnsafePath, UnsafePoolConfiguration
from htmap_core.settings.trust import check_owner
from htmap_core.wording import in_shell


def check_configuration(path: Path) -> None:
    """Check that nobody but the user and root could have written a configuration: it can name programs that its readers run.

    The path comes from a map's directory. If CONDOR_CONFIG has it, too, the user has named it.

    :raises UnsafePoolConfiguration: somebody else owns the file, or may write to it.
    """
    if environment.variable("CONDOR_CONFIG") == str(path):
        return
    try:
        check_owner(
            path,
            "the HTCondor configuration of a map's pool",
            f"`export CONDOR_CONFIG={in_shell(path)}` says that you trust it",
        )
    except UnsafePath as error:
        raise UnsafePoolConfiguration(path, str(error)) from error


def named_configuration() -> str | None:
    """Return the source of configuration that CONDOR_CONFIG names; None if it is not set, or names none.

    ``ONLY_ENV`` and the empty file name none. The bindings set CONDOR_CONFIG to one of these, permanently, if they find no
    configuration at their import.
    """
    named = environment.variable("CONDOR_CONFIG")
    return None if named in {None, "", "ONLY_ENV", os.devnull} else named


def missing_configuration() -> str | None:
    """Return the file that CONDOR_CONFIG names if it does not exist, else None."""
    named = named_configuration()
    if named is None or named.rstrip().endswith("|"):  # a program that prints the configuration
        return None
    return None if os.path.isfile(named) or _is_pipe(named) else named


def _is_pipe(path: str) -> bool:
    return Path(path).is_fifo() or Path(path).is_char_device()  # such as <(program) in a shell


def schedd_in_environment() -> str | None:
    """Return the environment variable that sets SCHEDD_HOST, which HTCondor reads beside all files, with its value, or None."""
    for name, value in environment.copy().items():
        if name.casefold() == "_condor_schedd_host" and value:
            return f"{name} = {value!r}"
    return None


def has_configuration() -> bool:
    """Return whether this machine has an HTCondor configuration at one of the places where HTCondor looks for it.

    This is cheap, and does not load the bindings: on a machine without HTCondor nothing needs them.
    """
    if environment.variable("CONDOR_CONFIG") is not None:
        return named_configuration() is not None and missing_configuration() is None
    homes = ("~/.condor/condor_config", "~/.condor/user_config")
    places = (*homes, "/etc/condor/condor_config", "/usr/local/etc/condor_config")
    return any(Path(place).expanduser().exists() for place in places)
