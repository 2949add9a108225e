"""A pool of several hosts on this machine, which share nothing: an access point, and execute hosts in namespaces of their own.

See README.md beside this file for how to write a test with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from htmap_pool.places import Places, runtime_directory
from htmap_pool.release import Release
from htmap_pool.running import identity
from htmap_pool.running.identity import Identity

from htmap_core.testing import eventually, using_htmap_dir
from tests.site import configuration
from tests.site.folders import TemporaryFolder
from tests.site.namespaces import Namespaces, entered

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]

# Where an execute host keeps what is its own, seen from itself: on disk, because neither scratch directories nor images of
# containers should be in memory, and not below /tmp, because HTCondor would hide it from containers.
HOME_OF_HOST = Path("/var/lib/execute-host")

# Of this machine's root directory, a host sees the operating system only.
_SYSTEM = {"bin", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr", "var"}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PATIENCE = 300  # seconds; most of it for what a host does before HTCondor starts, on a machine with much else to do


class Host:
    """An execute host. Made by :meth:`Site.add_host`."""

    def __init__(self, site: Site, name: str, number: int) -> None:
        self.name = name
        """Its name; the slots' ``Machine`` is this and ``.site.test``."""
        self.address = f"10.99.0.{number + 1}"
        """Its address in the network of the site."""
        self.state = site.folder / name
        """The folder of this machine that the host has its own things in: ``own`` is its ``/var/lib/execute-host``."""
        self._site = site
        self._link = f"host{number}"
        self._namespaces: Namespaces | None = None

    @property
    def machine(self) -> str:
        """The name by which HTCondor knows it."""
        return f"{self.name}.{configuration.DOMAIN}"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the host, as root, with the host's files; return what it wrote and its exit code."""
        assert self._namespaces is not None
        inside = [
            "nsenter",
            f"--target={self._namespaces.first}",
            "--mount",
            "--uts",
            "--net",
            "--pid",
            "--root",
            "--wd",
        ]
        return subprocess.run([*inside, *command], env={"PATH": _PATH}, capture_output=True, text=True, check=False)

    def kill(self) -> None:
        """Kill -9 everything on the host at once, as a power cut would. Its name can be used for a new host then."""
        if self._namespaces is not None:
            ended, self._namespaces = self._namespaces, None
            ended.close()

    def cut_link(self) -> None:
        """Cut the host off from the network; nothing on it ends."""
        self._site.network(["ip", "link", "set", self._link, "down"])

    def restore_link(self) -> None:
        """Undo :meth:`cut_link`."""
        self._site.network(["ip", "link", "set", self._link, "up"])

    def evidence(self, lines: int = 15) -> str:
        """Return the ends of the logs of its daemons."""
        return _ends_of_logs(self.state / "own/log", lines) + _tail(self.state / "console", lines)

    def start(self, environment: dict[str, str]) -> None:
        """Start it. Called by :meth:`Site.add_host`."""
        self._namespaces = Namespaces(HERE / "host.sh", environment, self.state / "console")
        plug = ["type", "veth", "peer", "name", "eth0", "netns", str(self._namespaces.pid)]
        self._site.network(["ip", "link", "add", self._link, *plug])
        self._site.network(["ip", "link", "set", self._link, "master", "site", "up"])
        self._namespaces.run(["ip", "address", "add", f"{self.address}/24", "dev", "eth0"])
        for device in ("lo", "eth0"):
            self._namespaces.run(["ip", "link", "set", device, "up"])
        self._namespaces.go()

    @property
    def is_alive(self) -> bool:
        """Whether its first process still runs."""
        return self._namespaces is not None and self._namespaces.is_alive


class Site:
    """A central manager and access point in a network of its own, to which execute hosts can be added.

    Everything ends with :meth:`stop`, and with this Python whatever ends it.

    :param release: the HTCondor that all hosts run.
    :param parent: where to keep the site's files; execute hosts do not see it.
    """

    def __init__(self, release: Release, parent: Path) -> None:
        self._folder = TemporaryFolder(parent, "htmap-site-")
        self.folder = self._folder.path
        self.hosts: dict[str, Host] = {}
        self.htmap_dir = self.folder / "htmap"
        self._release = release
        self._parent = parent
        self._numbers = 0
        self._places = Places(self.folder / "access-point")
        self._access_point: Namespaces | None = None

    # --- starting and stopping

    def start(self) -> None:
        """Start the access point, and wait until its schedd can be used."""
        self._places.make()
        runtime = runtime_directory(self._places)
        text = configuration.of_access_point(self._places, runtime, self._release)
        self._places.configuration.write_text(text)
        master = " ".join([*identity.current().command(), f"{self._release.sbin}/condor_master", "-f"])
        self._access_point = Namespaces(
            HERE / "access_point.sh",
            {"MASTER": master, "HOME": str(Path.home()), **self._client_environment()},
            self.folder / "console",
        )
        self.network(["ip", "link", "set", "lo", "up"])
        self.network(["ip", "link", "add", "site", "type", "bridge"])
        self.network(["ip", "address", "add", f"{configuration.ACCESS_POINT}/24", "dev", "site"])
        self.network(["ip", "link", "set", "site", "up"])
        self._access_point.go()
        self._wait(lambda: bool(self.ask("condor_status", "-schedd", "-autoformat", "Name")), "a schedd is advertised")

    def stop(self) -> None:
        """Kill all hosts and the access point, and delete their files."""
        with contextlib.ExitStack() as last_first:
            last_first.callback(self._folder.delete)
            last_first.callback(shutil.rmtree, runtime_directory(self._places), ignore_errors=True)
            if self._access_point is not None:
                last_first.callback(self._access_point.close)
                self._access_point = None
            for host in self.hosts.values():
                last_first.callback(host.kill)

    def add_host(
        self,
        name: str,
        *,
        config: str = "",
        visible: Sequence[Path] = (),
        root: Path = Path("/"),
        without_python: bool = False,
        as_owner: bool = False,
        before: str = "",
    ) -> Host:
        """Start an execute host, and wait until its slots are in the pool.

        Its daemons run as root, its jobs as nobody. It sees this machine's operating system, and can write anywhere without
        changing it. The home folder, the checkout, HTMAP_DIR, the virtual environment and its Python are not there.

        :param name: its host name; that of a killed host can be used again.
        :param config: HTCondor's configuration, which has the last word.
        :param visible: files and folders of this machine that it sees at the same path.
        :param root: the root file system: this machine's, or a folder that holds another.
        :param without_python: leave it without any ``python3``.
        :param as_owner: run daemons and jobs as the user who submits, as on a cluster where users have accounts everywhere.
        :param before: a shell script that runs on the host before HTCondor is started; its background processes stay.
        :raises RuntimeError: it does not come up; the message has the ends of its logs.
        """
        self._numbers += 1
        host = self.hosts[name] = Host(self, name, self._numbers)
        who = identity.current() if as_owner else configuration.REAL_ROOT
        self._furnish(host, who, config, before)
        host.start({
            "NAME": name,
            "LOWER": str(root),
            "STATE": str(host.state),
            "HOME_OF_HOST": str(HOME_OF_HOST),
            "HIDDEN": "\n".join(self._hidden()) if root == Path("/") else "",
            "VISIBLE": "\n".join(map(str, [self._installation, *visible])),
            "WITHOUT_PYTHON": "yes" if without_python else "",
        })  # fmt: skip
        advertised = f'Machine == "{host.machine}"'
        self._wait(
            lambda: bool(self.ask("condor_status", "-constraint", advertised, "-autoformat", "Name")),
            f"host {name} is in the pool",
            host,
        )
        return host

    def _furnish(self, host: Host, who: Identity, config: str, before: str) -> None:
        """Write what a host needs into the folder that it will see as :data:`HOME_OF_HOST`."""
        shutil.rmtree(host.state, ignore_errors=True)
        own, seen = Places(host.state / "own"), Places(HOME_OF_HOST)
        (host.state / "layers").mkdir(parents=True)
        own.make()
        for folder in (own.root, own.execute):
            folder.chmod(0o755)  # nobody's jobs must get there
        (own.root / "run").mkdir()
        (own.root / "hosts").write_text(self._names())
        text = configuration.of_execute_host(host.name, host.address, seen, self._release, who, config)
        own.configuration.write_text(text)
        master = " ".join([*who.command(), f"{self._release.sbin}/condor_master", "-f"])
        # The shell stays the first process: a master that changes to another user loses the signal that ends it with us.
        start = f"{before}\nenv -i PATH={_PATH} CONDOR_CONFIG={seen.configuration} {master}\nexit $?\n"
        (own.root / "start").write_text(start)

    # --- using it

    @contextlib.contextmanager
    def client(self, config: str = "") -> Iterator[Path]:
        """Have this process submit to the site for a while: network, configuration and HTMAP_DIR are those of its access point.

        Only what the current thread starts meanwhile is in that network: nothing else can be reached from it.

        :param config: HTCondor's configuration for this client, which has the last word.
        :returns: the HTMAP_DIR.
        """
        assert self._access_point is not None
        folder, environment = self.htmap_dir, self._client_environment()
        if config:
            extended = Path(tempfile.mkstemp(prefix="client-", dir=self.folder)[1])
            extended.write_text(f"{self._places.configuration.read_text()}\n{config}\n")
            environment["CONDOR_CONFIG"] = str(extended)
        before = {name: os.environ.get(name) for name in ("CONDOR_CONFIG", "HTMAP_DIR")}
        with entered(self._access_point.network), using_htmap_dir(folder):
            os.environ.update(HTMAP_DIR=str(folder), **environment)
            try:
                yield folder
            finally:
                for name, value in before.items():
                    os.environ.pop(name) if value is None else os.environ.update({name: value})

    def ask(self, tool: str, *arguments: str) -> str:
        """Run one of HTCondor's tools on the access point and return what it says; nothing where it fails."""
        assert self._access_point is not None
        with entered(self._access_point.network):
            done = subprocess.run(
                [str(self._release.bin / tool), *arguments],
                env={"PATH": os.defpath, **self._client_environment()},
                capture_output=True,
                text=True,
                check=False,
            )
        return done.stdout if done.returncode == 0 else ""

    def network(self, command: Sequence[str]) -> None:
        """Run a command in the network of the access point."""
        assert self._access_point is not None
        self._access_point.run(command)

    def evidence(self, lines: int = 15) -> str:
        """Return the ends of the logs of all daemons."""
        parts = [_ends_of_logs(self._places.log, lines), _tail(self.folder / "console", lines)]
        return "\n".join([*parts, *(host.evidence(lines) for host in self.hosts.values())])

    # --- details

    @property
    def _installation(self) -> Path:
        """The folder that has all of HTCondor's files: above ``usr`` where it was unpacked, so that its libraries are in it."""
        return self._release.root.parent if self._release.root.name == "usr" else self._release.root

    def _client_environment(self) -> dict[str, str]:
        return {"CONDOR_CONFIG": str(self._places.configuration)}

    def _hidden(self) -> list[str]:
        """Return what a host with this machine's operating system must not see, outer folders first."""
        strange = [path for path in Path("/").iterdir() if path.is_dir() and path.name not in _SYSTEM]
        submit_side = [Path(sys.prefix), Path(sys.base_prefix), CHECKOUT, self._parent.resolve(), Path.home()]
        own = [path for path in submit_side if path != Path("/usr")]
        return sorted(map(str, {*strange, *own, Path("/var/tmp")}))

    def _names(self) -> str:
        """Return /etc/hosts of an execute host."""
        hosts = {configuration.ACCESS_POINT: "ap", **{host.address: name for name, host in self.hosts.items()}}
        lines = [f"{address} {name}.{configuration.DOMAIN} {name}" for address, name in hosts.items()]
        return "\n".join(["127.0.0.1 localhost", *lines, ""])

    def _wait(self, is_ready: Callable[[], bool], says: str, host: Host | None = None) -> None:
        eventually(lambda: is_ready() or (host and not host.is_alive), says=says, within=_PATIENCE)
        if host is not None and not host.is_alive:
            raise RuntimeError(f"host {host.name} has ended before {says}\n{self.evidence()}")


def _ends_of_logs(folder: Path, lines: int) -> str:
    names = ("MasterLog", "SchedLog", "ShadowLog", "StartLog", "StarterLog.slot*")
    return "\n".join(_tail(path, lines) for name in names for path in sorted(folder.glob(name)))


def _tail(path: Path, lines: int) -> str:
    text = path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []
    return "\n".join([f"{path}:", *(f"  {line}" for line in text)])
