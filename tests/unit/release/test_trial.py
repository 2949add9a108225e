"""How the files of a release are tried; ``make release`` does it, with each Python."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import attrs

from release.distributions import distributions
from release.trial import Room, installed

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@attrs.frozen
class Pretended(Room):
    """A room in which all goes well, and nothing is done.

    :param typed: the commands that were run.
    """

    typed: list[tuple[str, ...]] = attrs.field(factory=list)

    def run(self, *command: str) -> str:
        self.typed.append(command)
        if "list" in command:
            names = [each.name for each in distributions() if each.is_plugin]
            return json.dumps({"plugins": [{"distribution": name, "state": "ok"} for name in names]})
        return f"version {distributions()[0].project['version']}"


def test_the_files_themselves_are_installed_whatever_pip_finds_elsewhere(tmp_path: Path) -> None:
    version = distributions()[0].project["version"]
    wheels = {tmp_path / f"{each.file_name}-{version}-py3-none-any.whl" for each in distributions()}
    for wheel in wheels:
        wheel.touch()
    manual = tmp_path / f"env-{HERE}/share/man/man1/htmap.1"
    manual.parent.mkdir(parents=True)
    manual.touch()
    room = Pretended(tmp_path)
    installed(distributions(), tmp_path, HERE, room)
    (install,) = (command for command in room.typed if "install" in command)
    assert set(map(str, wheels)) <= set(install)
