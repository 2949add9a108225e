"""Walks through a mistake as its user does: writes the files, types the commands, and reads the screen."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs

import htmap
from tests.first_day.mistake import SCRIPT, Mistake

_PATIENCE = 300  # seconds for a command
_FRAME = re.compile(r'^  File "([^"]+)", line \d+')
_OURS = re.compile(r"(^|/)(htmap|htmap_core|htmap_run)/")
_MARKS = re.compile(r"^[\s^~]*[\^~][\s^~]*$")  # of Python 3.11 and newer, below the line of source
_PACKAGES = re.compile(r"(?<=^Installed packages are\n)(  .+\n)+", re.MULTILINE)
_INSTALLED = '  File "<PYTHON>/'
_HEAD = "Traceback (most recent call last):"

_VOLATILE = {
    re.compile(r"\b\d{4}-\d\d-\d\d\b"): "DATE",
    re.compile(r"\b(\d+ days?, )?\d+:\d\d:\d\d(\.\d+)?\b"): "TIME",
    re.compile(r"(?<=\()<?\d+\.\d+\.\d+\.\d+.*(?=\) at )"): "ADDRESS",
    re.compile(r"(?<=\(version )\d+\.\d+\.\w+(?=\))"): "VERSION",
    re.compile(r"(?<=the largest has )\d+(\.\d+)? .B"): "SIZE",
    re.compile(r"/\S*/dir_\d+/scratch(?=/)"): "SCRATCH",
    re.compile(r"\bslot\d+(_\d+)?@\S+?(?=[:,\s])"): "SLOT",
    re.compile(r"0x[0-9a-f]+"): "NUMBER",
    re.compile(r"\b\d\d:\d\d(?= UTC)"): "TIME",
    re.compile(r"/\S*/ipykernel_\d+/\d+\.py"): "CELL",
    re.compile(r"(?<=Scratch directory contents are )\d+(?= files)"): "NUMBER",
    re.compile(r"(?<=Installed packages are )\d+"): "NUMBER",
    re.compile(
        r"(?<=_htmap_runtime\.pyz/htmap/__init__)\.pyc?"
    ): "SUFFIX",  # compiled, where the versions of Python are the same
    re.compile(r"(?<= at )[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ "): "DAY",
}


@attrs.frozen
class Screen:
    """What somebody sees who has typed the commands of a mistake.

    :param typed: the last command.
    :param text: what it has shown, with names in place of paths, hosts and times.
    :param earlier: what those before it have shown.
    """

    typed: str
    text: str
    earlier: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def told(self) -> str:
        """The first line that tells something: the one with the (last) exception of a traceback, or the error of wrong usage."""
        lines = [each for each in self.lines if each.strip()]
        if any(each.startswith("Error: ") for each in lines):
            return next(each for each in lines if each.startswith("Error: "))
        if lines[:1] == [_HEAD]:
            _, *lines = self.text.rpartition(_HEAD)[2].splitlines()
        return next((each for each in lines if not each.startswith("  ")), "")

    @property
    def frames_of_ours(self) -> list[str]:
        """The stack frames of HTMap's own code, of which users know nothing."""
        return [line for line in self.lines if _is_frame_of_ours(line)]

    def session(self) -> str:
        """Return the command and what it has shown, without what others than users know: their frames, marks, packages."""
        return "\n".join([f"$ {self.typed}", *_for_users(_PACKAGES.sub("  ...\n", self.text).splitlines())])


def _is_frame_of_ours(line: str) -> bool:
    frame = _FRAME.match(line)
    return frame is not None and _OURS.search(frame[1]) is not None


def _for_users(lines: list[str]) -> Iterator[str]:
    hidden = False
    for line in lines:
        if _FRAME.match(line) or not line.startswith("    "):
            hidden = _is_frame_of_ours(line) or line.startswith(_INSTALLED)
        if not hidden and not _MARKS.match(line):
            yield line


@attrs.frozen
class Place:
    """Where the walks are made: a home, a pool and the maps of yesterday.

    :param folder: each mistake gets a folder in it.
    :param htmap_dir: where the maps of yesterday are.
    """

    folder: Path
    htmap_dir: Path

    def walk(self, mistake: Mistake) -> Screen:
        """Write the files, type the commands, and return the screen of the last one."""
        folder = self.folder / mistake.name
        folder.mkdir()
        htmap_dir = self.htmap_dir if mistake.has_pool else folder / ".htmap"
        for name, text in {SCRIPT: mistake.script, **mistake.files}.items():
            if text:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
        shown = [self._shown(command, folder, htmap_dir) for command in mistake.typed]
        return Screen(mistake.typed[-1], shown[-1], tuple(shown[:-1]))

    def _shown(self, command: str, folder: Path, htmap_dir: Path) -> str:
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=self._environment(htmap_dir),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
        )
        text = ran.stdout.decode()
        for path, name in self._names(folder, htmap_dir):
            is_word = path.isalnum()  # the name of a host may be as short as one
            text = re.sub(rf"\b{path}\b", name, text) if is_word else text.replace(path, name)
        for pattern, name in _VOLATILE.items():
            text = pattern.sub(f"<{name}>", text)
        return text

    def _environment(self, htmap_dir: Path) -> dict[str, str]:
        """Return the variables of a user whose virtual environment is active, and who has set nothing else."""
        programs = Path(sys.executable).parent
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HTMAP", "PYTHON", "CONDOR"))}
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            **kept,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(home),
            "HTMAP_CONFIG": "",  # not the settings of this machine
            "HTMAP_DIR": str(htmap_dir),
            "PYTHONUNBUFFERED": "1",  # standard output and error in their order, as a terminal shows them
        }

    def _names(self, folder: Path, htmap_dir: Path) -> list[tuple[str, str]]:
        """Return what stands for paths and the like that differ between runs, longer ones first."""
        names = {
            f"{folder}/": "",
            f"{self.folder}/": "",
            f"{folder}": "<HERE>",
            f"{htmap_dir}": "<HTMAP_DIR>",
            f"{self.folder / 'home'}": "~",
            f"{Path(sys.executable).parent}": "<PROGRAMS>",
            sys.prefix: "<PYTHON>",
            sys.base_prefix: "<PYTHON>",
            socket.getfqdn(): "<HOST>",
            socket.gethostname(): "<HOST>",
            htmap.__version__: "<VERSION>",
        }
        return sorted(names.items(), key=lambda each: -len(each[0]))
