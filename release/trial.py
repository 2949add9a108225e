"""The files of a release as users meet them: installed in a new environment of each Python, and a map on a personal pool."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from htmap_core.testing.pythons import BARE_PYTHONS, python_of
from release.building import Refused
from release.distributions import ROOT, Distribution

DEMO = "examples/first_steps.py"
DOUBLED = "[0, 2, 4, 6, 8, 10, 12, 14, 16, 18]"
PATIENCE = 600  # seconds, for each command
# What leads to a checkout, to maps of the user's, or to another environment.
_NOT_HANDED_ON = re.compile(r"(HTMAP_|PYTHON|VIRTUAL_ENV|CONDOR_|_CONDOR_)")


@attrs.frozen
class Room:
    """A folder with a home of its own, in which nothing of the checkout and of its user's is found.

    :param folder: an empty one.
    """

    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables of commands in it."""
        kept = {name: value for name, value in os.environ.items() if not _NOT_HANDED_ON.match(name)}
        return {**kept, "HOME": str(self.folder), "HTMAP_DIR": str(self.folder / "maps"), "PIP_NO_INPUT": "1"}

    def run(self, *command: str) -> str:
        """Run a command, and return what it prints on standard output.

        :raises Refused: its exit code is another one than 0.
        """
        try:
            ran = subprocess.run(
                command,
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Refused(f"{' '.join(command)}: {error}") from error
        if ran.returncode != 0:
            raise Refused(f"{' '.join(command)} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
        return ran.stdout


def without(pythons: Sequence[str]) -> list[str]:
    """Return those of some versions of Python that are not on this machine."""
    return [each for each in pythons if each not in BARE_PYTHONS]


def installed(distributions: Sequence[Distribution], files: Path, python: str, room: Room) -> Path:
    """Install all distributions from their files into a new environment, look at it, and return the folder of its programs.

    :raises Refused: something in it is not as it should be.
    """
    version = distributions[0].project["version"]
    environment = room.folder / f"env-{python}"
    room.run(python_of(python), "-m", "venv", str(environment))
    programs = environment / "bin"
    # By their files: by its name, pip may take one of the same version from where PIP_FIND_LINKS leads, such as an older dist/.
    wheels = [str(path) for each in distributions for path in files.glob(f"{each.file_name}-{version}-*.whl")]
    room.run(str(programs / "python"), *_PIP, "install", "--quiet", *wheels)
    room.run(str(programs / "python"), *_PIP, "check")
    for command in ([programs / "htmap"], [programs / "htmap-core"], [programs / "python", "-m", "htmap_core"]):
        if version not in (said := room.run(*map(str, command), "--version")):
            raise Refused(f"{command} is not of version {version}: {said}")
    listed = json.loads(room.run(str(programs / "htmap"), "plugins", "list", "--json"))["plugins"]
    of_ours = {each["distribution"] for each in listed if each["state"] == "ok"}
    if missing := {each.name for each in distributions if each.is_plugin} - of_ours:
        raise Refused(f"plugins that do not work with Python {python}: {', '.join(sorted(missing))}")
    packages = [each.file_name for each in distributions]
    room.run(str(programs / "python"), "-c", f"import {', '.join(packages)}")
    if not (environment / "share/man/man1/htmap.1").is_file():
        raise Refused(f"there is no man page in {environment}")
    return programs


_PIP = ("-m", "pip", "--disable-pip-version-check")


@contextmanager
def pool(programs: Path, room: Room) -> Iterator[None]:
    """Install and start a personal pool, by the files of the release, and stop it whatever happens."""
    htmap = str(programs / "htmap")
    room.run(htmap, "pool", "install")
    try:
        room.run(htmap, "pool", "start")
        yield
    finally:
        room.run(htmap, "pool", "stop")


def demo(programs: Path, room: Room) -> None:
    """Run README's example on the pool that runs.

    :raises Refused: it prints something else than it should.
    """
    shutil.copy(ROOT / DEMO, room.folder)
    printed = room.run(str(programs / "python"), Path(DEMO).name)
    if DOUBLED not in printed.splitlines():
        raise Refused(f"{DEMO} printed {printed!r}")
