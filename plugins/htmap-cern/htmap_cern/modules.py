"""Environment modules of lxplus that send jobs to schedds with other rules."""

from __future__ import annotations

import os
from collections.abc import Mapping

from htmap_cern.errors import OtherSchedds

# By what their module is called, what these schedds take.
_RULES = {
    "eossubmit": "paths on EOS and no others, and maps lie on AFS",
    "spool": "jobs that `condor_submit -spool` sends, and HTMap sends none so",
}

_PREFIX = "lxbatch/"


def refuse_other_schedds(variables: Mapping[str, str] = os.environ) -> None:
    """Refuse maps while a module names schedds that take none.

    :param variables: environment variables.
    :raises OtherSchedds: it does.
    """
    for name, takes in _RULES.items():
        if name in _loaded(variables):
            raise OtherSchedds(f"{_PREFIX}{name}", takes)


def _loaded(variables: Mapping[str, str]) -> set[str]:
    """Return the modules of the batch service that are loaded, without their versions. What `myschedd` reads is one of them."""
    listed = variables.get("LOADEDMODULES", "").split(":")
    named = {each.removeprefix(_PREFIX).split("/")[0] for each in listed if each.startswith(_PREFIX)}
    return {*named, variables.get("_myschedd_POOL", "")}
