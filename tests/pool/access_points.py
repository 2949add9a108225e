"""Two access points of one pool on this machine, as sites have them: the configuration names another schedd on each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import attrs

from htmap_core.condor import bindings
from htmap_core.testing import eventually, pool_of_its_own

SECOND = "second@ap2.example"

# A second schedd of the same master. It does without the shared port, so that its address has a name of its own.
_SECOND_SCHEDD = """\
DAEMON_LIST = $(DAEMON_LIST) SECOND
DC_DAEMON_LIST = + SECOND
SECOND = $(SCHEDD)
SECOND_ARGS = -local-name second
SECOND.SCHEDD_NAME = {name}
SECOND.NETWORK_HOSTNAME = ap2.example
SECOND.USE_SHARED_PORT = False
SECOND.SPOOL = {spool}
SECOND.HISTORY = {spool}/history
SECOND.SCHEDD_LOG = {spool}/SchedLog
SECOND.SCHEDD_ADDRESS_FILE = {spool}/.schedd_address
SECOND.SCHEDD_SUPER_ADDRESS_FILE = {spool}/.super_address
SECOND.SCHEDD_DAEMON_AD_FILE = {spool}/.schedd_classad
"""

_ON_THE_SECOND = """\
include : {first}
LOCAL_CONFIG_DIR =
SCHEDD_NAME = {name}
NETWORK_HOSTNAME = ap2.example
SPOOL = {spool}
SCHEDD_ADDRESS_FILE = {spool}/.schedd_address
SCHEDD_SUPER_ADDRESS_FILE = {spool}/.super_address
SCHEDD_DAEMON_AD_FILE = {spool}/.schedd_classad
"""


@attrs.frozen
class AccessPoints:
    """Two access points with the same file as their HTCondor configuration, which has other contents on each.

    :param folder: the folder of the configurations. ``condor_config`` is a link to the one of the present access point.
    """

    folder: Path

    @property
    def configuration(self) -> Path:
        """What CONDOR_CONFIG names on both."""
        return self.folder / "condor_config"

    @contextlib.contextmanager
    def on(self, name: str, *more: str) -> Iterator[None]:
        """Be on the ``first`` or the ``second`` access point during the block, or on one with ``more`` lines of configuration."""
        before = self.configuration.resolve().name
        chosen = name
        if more:
            chosen = f"another-{name}"
            (self.folder / chosen).write_text("\n".join([f"include : {self.folder / name}", *more, ""]))
        self.go_to(chosen)
        try:
            yield
        finally:
            self.go_to(before)

    def go_to(self, name: str) -> None:
        """Go to another access point for good."""
        self.configuration.unlink(missing_ok=True)
        self.configuration.symlink_to(self.folder / name)
        bindings._loaded_configuration.clear()  # another machine is another process


@contextlib.contextmanager
def access_points(installed_htcondor: Path, folder: Path) -> Iterator[AccessPoints]:
    """Run a pool with two access points, and be on the first.

    :param folder: an empty folder for the second schedd and the configurations.
    """
    spool = folder / "spool"
    spool.mkdir(mode=0o700)
    with pool_of_its_own(installed_htcondor, _SECOND_SCHEDD.format(name=SECOND, spool=spool)) as own:
        first = (own / "pool").resolve() / "condor_config"
        (folder / "first").write_text(f"include : {first}\n")
        (folder / "second").write_text(_ON_THE_SECOND.format(first=first, name=SECOND, spool=spool))
        eventually((spool / ".schedd_classad").exists, says="the second schedd runs")
        points = AccessPoints(folder)
        points.go_to("first")
        yield points
