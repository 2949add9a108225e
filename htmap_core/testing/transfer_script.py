"""A file transfer plugin of HTCondor, run as HTCondor runs it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from htmap_core.condor.classads import ads_in
from htmap_core.language.expressions import quoted

_PATIENCE = 300  # seconds


class TransferScript:
    """The script of a transfer protocol, copied into a folder as it travels with jobs.

    :param script: the file that the plugin offers.
    :param folder: a folder for the copy, and for what HTCondor and the script tell each other.
    """

    def __init__(self, script: Path, folder: Path) -> None:
        self._program = folder / "_htmap_transfer"
        self._program.write_bytes(script.read_bytes())
        self._program.chmod(0o700)
        self._folder = folder

    def abilities(self) -> dict[str, Any]:
        """Return what the script says that it can."""
        ran = self._run("-classad")
        assert ran.returncode == 0, ran.stderr
        (ad,) = ads_in(ran.stdout, in_brackets=False)
        return ad

    def fetch(self, files: Mapping[str, Path]) -> tuple[int, list[dict[str, Any]]]:
        """Have the script fetch files, each to a path by its URL; return its exit code, and its answers."""
        return self._move(files, ())

    def send(self, files: Mapping[str, Path]) -> tuple[int, list[dict[str, Any]]]:
        """Have the script send files, each from a path to its URL; return its exit code, and its answers."""
        return self._move(files, ("-upload",))

    def _move(self, files: Mapping[str, Path], more: Sequence[str]) -> tuple[int, list[dict[str, Any]]]:
        asked, answered = self._folder / "asked", self._folder / "answered"
        requests = [f"[ Url = {quoted(url)}; LocalFileName = {quoted(path)} ]\n" for url, path in files.items()]
        asked.write_text("".join(requests), encoding="utf-8")
        ran = self._run("-infile", str(asked), "-outfile", str(answered), *more)
        assert answered.is_file(), f"the script wrote no answers: {ran.stderr}"
        return ran.returncode, ads_in(answered.read_text(encoding="utf-8"), in_brackets=True)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._program), *arguments]
        return subprocess.run(command, cwd=self._folder, capture_output=True, text=True, timeout=_PATIENCE, check=False)
