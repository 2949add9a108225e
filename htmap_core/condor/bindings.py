"""The bindings of HTCondor as a module: their import, their configuration, and what they print.

The bindings have one configuration for the whole process. Before each call, a connection therefore loads the configuration of
its pool, unless that was the last one loaded.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core import environment
from htmap_core.condor.configuration import check_configuration, has_configuration, has_program
from htmap_core.exceptions import NoBindings, PoolConfigurationGone, UnreadableConfiguration

lock = threading.RLock()  # the bindings have one configuration for the process, so one thread uses them at a time
# The file, what CONDOR_CONFIG names, and when the file was written.
_Configured = tuple[Optional[Path], Optional[str], int]
_loaded_configuration: list[_Configured] = []
_parameters: dict[_Configured, dict[str, Optional[str]]] = {}


@attrs.define
class Watch:
    """How long a thread has been waiting for the bindings, which give up by themselves when a daemon does not answer."""

    _spent: float = 0.0
    _since: Optional[float] = None

    def seconds(self) -> float:
        """Return the seconds so far; another thread may ask."""
        since = self._since
        return self._spent + (0.0 if since is None else time.monotonic() - since)

    @contextlib.contextmanager
    def going(self) -> Iterator[None]:
        """Count the block, unless it is in one that counts."""
        if self._since is not None:
            yield
            return
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._spent, self._since = self.seconds(), None


_watches: dict[int, Watch] = {}  # by thread


@contextlib.contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Have *watch* count the calls of the bindings that this thread makes inside the block."""
    _watches[threading.get_ident()] = watch
    try:
        yield
    finally:
        del _watches[threading.get_ident()]


def counted() -> contextlib.AbstractContextManager[None]:
    """Return a context for calls of the bindings, which counts them if this thread is watched."""
    watch = _watches.get(threading.get_ident())
    return contextlib.nullcontext() if watch is None else watch.going()


def bindings_version() -> str:
    """Return the version of the bindings, whatever configuration they have."""
    with lock, _configured(None):
        return str(_imported().version())


def release(version: str) -> str:
    """Return the version number in a text like ``$CondorVersion: 25.14.1 2026-09-01 ... $``."""
    words = version.split()
    return words[1] if len(words) > 1 else version


def of_system(usr: Path = Path("/usr")) -> str | None:
    """Return the version of the bindings that belong to the system's own Python, and so to its HTCondor; None if it has none.

    :param usr: where the system is.
    """
    folders = [*usr.glob("lib*/python3*/site-packages"), *usr.glob("lib*/python3*/dist-packages")]
    named = [
        each.name for folder in folders if (folder / "htcondor2").is_dir() for each in folder.glob("htcondor-*-info")
    ]
    return next((found[1] for name in named if (found := _DISTRIBUTION.match(name))), None)


_DISTRIBUTION = re.compile(r"htcondor-([\d.]*\d)")  # htcondor-24.12.16.dist-info, htcondor-24.12.16-py3.9.egg-info


def known_parameters(configuration: Path | None) -> dict[str, Optional[str]]:
    """Return what is known of the parameters of *configuration*; whoever reads another adds it.

    So a look at the machine's configuration does not have the bindings read that of a pool again.
    """
    return _parameters.setdefault(_wanted(configuration), {})


@contextlib.contextmanager
def silenced(condor: Any) -> Iterator[None]:
    """Keep the bindings of HTCondor 24.0 from printing what they submit, inside the block; no other version does.

    It is a forgotten ``print`` of their Python code, so that module alone gets another one: standard output belongs to the whole
    process, and what other threads print must not be lost.
    """
    if " 24.0." not in condor.version():
        yield
        return
    module = vars(vars(condor)["_schedd"])
    module["print"] = _print_nothing
    try:
        yield
    finally:
        del module["print"]


def _print_nothing(*_: object) -> None:
    """Take the place of ``print``."""


def load(configuration: Path | None) -> Any:
    """Import the bindings and have them read *configuration*; None means the machine's own.

    :raises NoBindings: the bindings are not installed, or cannot be loaded.
    :raises PoolConfigurationGone: there is no such file.
    :raises UnreadableConfiguration: a program that prints a part of it fails.
    """
    check_installed()  # first, for what else is wrong does not help then
    wanted = _wanted(configuration)
    if configuration is not None and _loaded_configuration != [wanted]:
        check_configuration(configuration)
        if not configuration.exists():
            raise PoolConfigurationGone(configuration)
    with _configured(configuration):
        htcondor2 = _imported()
        if _loaded_configuration != [wanted]:
            _check_program()
            htcondor2.reload_config()
            _loaded_configuration[:] = [wanted]
    return htcondor2


def _wanted(configuration: Path | None) -> _Configured:
    # A pool that starts writes its file anew, with other paths if HTMAP_DIR was moved.
    return configuration, environment.variable("CONDOR_CONFIG"), _written(configuration)


def _written(configuration: Path | None) -> int:
    """Return when a configuration file was last written; 0 if it is not there, or the machine's own."""
    try:
        return 0 if configuration is None else configuration.stat().st_mtime_ns
    except OSError:
        return 0


def check_installed() -> None:
    """Check that the bindings are installed, without loading them, which takes a while.

    :raises NoBindings: they are not.
    """
    if sys.modules.get("htcondor2") is None and find_spec("htcondor2") is None:
        raise NoBindings("No module named 'htcondor2'", platform=sys.platform)


def classads() -> Any:
    """Return the bindings' module for ClassAds, which is part of them.

    :raises NoBindings: the bindings are not installed, or cannot be loaded.
    """
    if (found := sys.modules.get("classad2")) is None:
        with _importing():
            import classad2  # as slow as htcondor2
        found = classad2
    return _whole(found, "ClassAd")


def _imported() -> Any:
    if (found := sys.modules.get("htcondor2")) is None:  # else the filters of warnings stay, which all threads share
        check_installed()
        _check_program()
        with _importing():
            import htcondor2  # 200 ms
        found = htcondor2
    return _whole(found, "version")


def _check_program() -> None:
    """Check that a program which prints a part of the configuration works: where it fails, the bindings would end this process.

    :raises UnreadableConfiguration: it fails.
    """
    if (named := environment.variable("CONDOR_CONFIG")) in _readable or not has_program():
        return
    tool = shutil.which("condor_config_val")
    command = [tool, "-config"] if tool else [sys.executable, "-c", "import htcondor2"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise UnreadableConfiguration(f"the program that prints a part of it says nothing for {_PATIENCE} s") from error
    if done.returncode:
        raise UnreadableConfiguration(done.stderr.decode(errors="replace").strip())
    _readable.add(named)


_PATIENCE = 60  # seconds
_readable: set[Optional[str]] = set()  # what CONDOR_CONFIG named when the programs in the configuration worked


def _whole(module: Any, what_it_has: str) -> Any:
    if not hasattr(module, what_it_has):  # a folder that pip has left
        raise NoBindings(f"{module} is empty", is_installed=True, platform=sys.platform)
    return module


@contextlib.contextmanager
def _importing() -> Iterator[None]:
    check_installed()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # HTMap itself says what a missing configuration means
            yield
    except ImportError as error:
        raise NoBindings(str(error), is_installed=True, platform=sys.platform) from error


def _configured(configuration: Path | None) -> contextlib.AbstractContextManager[None]:
    """Return a context in which CONDOR_CONFIG names *configuration*."""
    # With ONLY_ENV the bindings would never read a file again; of a file that is missing they complain on standard error.
    nothing = None if has_configuration() else os.devnull
    return environment.changed("CONDOR_CONFIG", nothing if configuration is None else str(configuration))
