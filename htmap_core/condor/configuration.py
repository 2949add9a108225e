"""HTCondor's configuration files: whether this machine has one, and whether one can be trusted."""

from __future__ import annotations

import os
from pathlib import Path

from htmap_core import environment
from htmap_core.exceptions import UnsafePath, UnsafePoolConfiguration
from htmap_core.settings.trust import check_owner


def check_configuration(path: Path) -> None:
    """Check that nobody but the user and root could have written a configuration: it can name programs that its readers run.

    The path comes from a map's directory. If CONDOR_CONFIG has it, too, the user has named it.

    :raises UnsafePoolConfiguration: somebody else owns the file, or may write to it.
    """
    if environment.variable("CONDOR_CONFIG") == str(path):
        return
    try:
        check_owner(
            path, "the HTCondor configuration of a map's pool", f"`export CONDOR_CONFIG={path}` says that you trust it"
        )
    except UnsafePath as error:
        raise UnsafePoolConfiguration(path, str(error)) from error


def has_configuration() -> bool:
    """Return whether this machine has an HTCondor configuration at one of the places where HTCondor looks for it.

    This is cheap, and does not load the bindings: on a machine without HTCondor nothing needs them.
    """
    if named := environment.variable("CONDOR_CONFIG"):
        # The bindings set CONDOR_CONFIG to this, permanently, if they find no configuration at their import.
        return named != os.devnull
    homes = ("~/.condor/condor_config", "~/.condor/user_config")
    places = (*homes, "/etc/condor/condor_config", "/usr/local/etc/condor_config")
    return any(Path(place).expanduser().exists() for place in places)
