"""A Kerberos realm on this machine's loopback: a real KDC, real tickets."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

from htmap_core.testing import eventually
from tests.site.namespaces import PATH

PROGRAMS = ("kdb5_util", "kadmin.local", "krb5kdc", "kinit", "klist")
_PATIENCE = 120  # seconds
# Loopback, but not where everybody looks for a free port: HTCondor's connections could take ours before the KDC does.
_ADDRESS = "127.88.88.88"


def why_not() -> str | None:
    """Return why there can be no realm here; None where there can."""
    missing = [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]
    return f"{', '.join(missing)} not found; tests/site/prepare installs them" if missing else None


class Realm:
    """The realm CERN.TEST. It needs no privileges.

    :param folder: a folder for its files.
    """

    name = "CERN.TEST"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.configuration = folder / "krb5.conf"
        """What KRB5_CONFIG must name for whoever wants to use it."""
        self._kdc: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the realm, and answer for it."""
        self._folder.mkdir()
        port = _free_port()
        self.configuration.write_text(_CLIENT.format(realm=self.name, address=_ADDRESS, port=port))
        server = _SERVER.format(realm=self.name, address=_ADDRESS, port=port, folder=self._folder)
        (self._folder / "kdc.conf").write_text(server)
        self._run("kdb5_util", "create", "-s", "-P", "master key")
        # The tickets of a realm are renewable for as long as its own principal allows.
        self._run("kadmin.local", "modprinc", "-maxrenewlife", "7d", f"krbtgt/{self.name}")
        with (self._folder / "out").open("wb") as out:
            kdc = [shutil.which("krb5kdc", path=PATH) or "krb5kdc", "-n"]
            self._kdc = subprocess.Popen(kdc, env=self._environment, stdout=out, stderr=out, start_new_session=True)
        has_ended = self._kdc.poll
        eventually(lambda: has_ended() is not None or _answers(port), says="the KDC answers", within=_PATIENCE)
        if has_ended() is not None:
            raise RuntimeError(f"the KDC does not come up: {(self._folder / 'out').read_text()}")

    def stop(self) -> None:
        """End the KDC; the folder is the caller's to delete."""
        if self._kdc is not None:
            self._kdc.terminate()
            self._kdc.wait()

    def add_user(self, name: str, password: str) -> None:
        """Let somebody have tickets."""
        self._run("kadmin.local", "addprinc", "-pw", password, "-maxrenewlife", "7d", name)

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": PATH,
            "LC_ALL": "C",
            "KRB5_CONFIG": str(self.configuration),
            "KRB5_KDC_PROFILE": str(self._folder / "kdc.conf"),
        }

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_ADDRESS, 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_ADDRESS, port)) == 0


_CLIENT = """\
[libdefaults]
  default_realm = {realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  forwardable = false
[realms]
  {realm} = {{
    kdc = {address}:{port}
  }}
"""

_SERVER = """\
[kdcdefaults]
  kdc_listen = {address}:{port}
  kdc_tcp_listen = {address}:{port}
[realms]
  {realm} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
    max_life = 48h
    max_renewable_life = 7d
  }}
"""
