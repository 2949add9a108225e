"""Completion as the shells themselves do it: each is started on a terminal, and TAB is pressed."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from htmap_core.testing import eventually
from tests.golden_files import Golden

PATIENCE = 180
_CONTROL = re.compile(r"\x1b(\[[\d;?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>])")
SHELLS = {
    "bash": ["bash", "--noprofile", "-i"],
    "zsh": ["zsh", "-i"],
    "fish": ["fish", "-i"],
}


class Terminal:
    """A shell on a terminal."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)

    def types(self, keys: str, then_shows: str) -> str:
        """Press *keys* and wait until the terminal shows something; return what it showed since."""
        os.write(self.descriptor, keys.encode())
        received = b""

        def shown() -> str:
            nonlocal received
            if select.select([self.descriptor], [], [], 0.1)[0]:
                received += os.read(self.descriptor, 65536)  # which may end within a character or a control sequence
            text = _CONTROL.sub("", received.decode(errors="replace"))
            assert re.search(then_shows, text), text
            return text

        return eventually(shown, says=f"the terminal shows {then_shows!r}", within=PATIENCE)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)


@pytest.fixture
def maps(htmap_dir: Path) -> None:
    """Make what completion looks at: the maps' tags, and how many components they have."""
    record = {"components": 25, "chunksize": 1, "delivery_method": "assume", "pool": {"pool": "personal"}}
    record |= {"format": 1, "versions": {}, "options": {}, "created": 1.0}
    for tag in ("tide-high", "wave"):
        (htmap_dir / "maps" / tag).mkdir(parents=True)
        (htmap_dir / "maps" / tag / "map.json").write_text(json.dumps(record))
        (htmap_dir / "tags").mkdir(exist_ok=True)
        (htmap_dir / "tags" / tag).write_text(f"{tag}\n")


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, maps: None, type_: Callable[..., Any]) -> Iterator[Terminal]:
    """Start a shell whose user has run ``htmap autocompletion``."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    assert type_("autocompletion", "--shell", request.param).returncode == 0
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "TERM": "xterm", "PS1": "ready> ", "COLUMNS": "200", "LINES": "50"}
    environment.pop("BASH_ENV", None)
    terminal = Terminal(SHELLS[request.param], environment)
    terminal.types("echo is''there\r", "isthere")
    yield terminal
    terminal.close()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("htmap rel", "htmap release "),
        ("htmap hold ti", "htmap hold tide-high"),
        ("htmap stdout wave 2", r"\b24\b"),  # several begin with 2, so they are listed
        ("htmap status --no-st", "--no-state"),
        ("htmap path tide-high:ev", "htmap path tide-high:events"),
        ("htmap hold nobody tide", "htmap hold nobody tide-high"),
    ],
)
def test_a_tab_completes(shell: Terminal, typed: str, completed: str) -> None:
    keys = typed + "\t\t" if "24" in completed else typed + "\t"
    shell.types(keys, completed)


class TestTheLine:
    def test_it_is_added_once(self, type_: Callable[..., Any]) -> None:
        for _ in range(2):
            type_("autocompletion", "--shell", "bash")
        assert (Path.home() / ".bashrc").read_text() == 'eval "$(_HTMAP_COMPLETE=bash_source htmap)"\n'
        type_("autocompletion", "--shell", "bash", "--force")
        assert (Path.home() / ".bashrc").read_text().count("_HTMAP_COMPLETE") == 2

    def test_it_goes_to_another_file_on_demand(self, type_: Callable[..., Any], tmp_path: Path) -> None:
        (tmp_path / "rc").write_text("export A=1")
        type_("autocompletion", "--shell", "zsh", "--destination", str(tmp_path / "rc"))
        assert (tmp_path / "rc").read_text().startswith("export A=1\n")
        assert not (Path.home() / ".zshrc").exists()

    @pytest.mark.parametrize(
        ("path", "file"),
        [
            ("/bin/bash", ".bashrc"),
            ("/usr/local/bin/zsh", ".zshrc"),
            ("/usr/bin/fish", ".config/fish/completions/htmap.fish"),
        ],
    )
    def test_it_is_for_the_shell_of_the_environment(
        self, type_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, path: str, file: str
    ) -> None:
        monkeypatch.setenv("SHELL", path)
        assert type_("autocompletion").returncode == 0
        assert "_HTMAP_COMPLETE" in (Path.home() / file).read_text()

    def test_the_option_counts_more_than_the_environment(
        self, type_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SHELL", "/bin/bash")
        type_("autocompletion", "--shell", "zsh")
        assert ((Path.home() / ".zshrc").exists(), (Path.home() / ".bashrc").exists()) == (True, False)

    @pytest.mark.parametrize(("path", "name"), [("/bin/tcsh", "unknown"), ("", "none")])
    def test_a_shell_of_which_nothing_is_known_must_be_named(
        self, type_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, golden: Golden, path: str, name: str
    ) -> None:
        monkeypatch.setenv("SHELL", path)
        ran = type_("autocompletion")
        assert ran.returncode == 2
        golden(f"cli/autocompletion-{name}-shell", ran.stderr)
