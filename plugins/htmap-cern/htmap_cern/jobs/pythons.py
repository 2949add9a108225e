"""Find out whether worker nodes see the running Python, and what it needs of the environment there."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import attrs

from htmap_core import SubmitDescription

# What lxplus and worker nodes have mounted at the same paths.
_SHARED = {"afs", "cvmfs", "eos"}
_SYSTEM = "/usr"

# What the set-up script of a software view on CVMFS sets, without which its Python neither starts nor finds packages.
_OF_A_VIEW = ("LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")


@attrs.frozen
class Python:
    """A Python, by where it is.

    :param executable: its program.
    :param environment: the folder of its packages.
    :param base: the folder of the Python that the environment was made with.
    """

    executable: str = attrs.field(factory=lambda: sys.executable)
    environment: str = attrs.field(factory=lambda: sys.prefix)
    base: str = attrs.field(factory=lambda: sys.base_prefix)

    @property
    def is_shared(self) -> bool:
        """Whether worker nodes have it at the same path, with all packages that are installed here.

        The system's own Python is on every node, but with the packages of the node.
        """
        return _is_on(_SHARED, self.environment) and (self.base == _SYSTEM or _is_on(_SHARED, self.base))

    def describe(self, submit: SubmitDescription, variables: Mapping[str, str] = os.environ) -> None:
        """Give jobs that run with this Python what the set-up script of its view on CVMFS has set here."""
        is_of_a_view = _is_on({"cvmfs"}, self.environment) or _is_on({"cvmfs"}, self.base)
        if is_of_a_view and submit.executable == self.executable:
            for name in _OF_A_VIEW:
                if variables.get(name):
                    submit.add_environment(name, variables[name])


def _is_on(file_systems: Collection[str], folder: str) -> bool:
    """Return whether a folder is on one of some file systems, also behind links."""
    first, *_ = [*Path(os.path.realpath(folder)).parts[1:], ""]
    return first in file_systems
