"""What somebody does who follows a page of the documentation word for word: writes its files, and types its commands.

A block of code is a file if the sentences before it name one (the last name counts), and the page's tree of files says in which
folder. Files that are ``empty`` in the tree are made, too. Blocks of ``sh`` are typed, in one shell, in the folder in which the
page begins.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`([\w./-]+\.(?:py|toml)|htmaprc)`")
_TREE = re.compile(r"^ {4}([\w.-]+/)\n((?: {6}.*\n)+)", re.MULTILINE)
_ENTRY = re.compile(r"^ {6}(\S+)(?: +(empty))?$", re.MULTILINE)


@attrs.frozen
class File:
    """A file that a page has its reader write."""

    name: str
    text: str

    def typed(self) -> str:
        """Return what makes it in a shell."""
        name = shlex.quote(self.name)
        return f"mkdir -p $(dirname {name})\ncat > {name} <<'END OF FILE'\n{self.text}END OF FILE\n"


@attrs.frozen
class Commands:
    """Commands that a page has its reader type."""

    text: str

    def typed(self) -> str:
        return self.text


def steps(page: str) -> Iterator[File | Commands]:
    """Yield what a page has its reader do, in its order."""
    entries = [(folder + name, empty) for folder, tree in _TREE.findall(page) for name, empty in _ENTRY.findall(tree)]
    yield from (File(name, "") for name, empty in entries if empty)
    end = 0
    for block in _BLOCK.finditer(page):
        language, text = block.groups()
        named = _NAMED.findall(page[end : block.start()].rstrip().rpartition("\n\n")[2])
        end = block.end()
        if language == "sh":
            yield Commands(text)
        elif named:
            places = [name for name, _ in entries if f"/{name}".endswith(f"/{named[-1]}")]
            yield File(places[0] if places else named[-1], text)


@attrs.frozen
class Followed:
    """What came of it.

    :param outputs: what each block of commands has printed, also to standard error, with its commands; the last may have failed.
    :param returncode: that of the last command.
    """

    outputs: tuple[tuple[str, str], ...]
    returncode: int

    def output_of(self, command: str) -> str:
        """Return what was printed by the block that has a command."""
        return next(output for commands, output in self.outputs if command in commands)


def follow(page: str, folder: Path, environment: Mapping[str, str], places: Mapping[str, Path]) -> Followed:
    """Follow a page in a folder.

    :param places: other places for folders that the page names, such as those of root.
    """
    done = list(steps(page))
    session = ["set -e"]
    for number, step in enumerate(done):
        typed = step.typed()
        for place, instead in places.items():
            typed = typed.replace(place, str(instead))
        session.append(f"{{ : ; {typed}\n}} > {shlex.quote(str(folder.parent / f'output-{number}'))} 2>&1")
    command = ["bash", "-c", "\n".join(session)]
    ran = subprocess.run(command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, timeout=600, check=False)
    outputs = [(step, folder.parent / f"output-{number}") for number, step in enumerate(done)]
    return Followed(
        tuple((step.text, file.read_text()) for step, file in outputs if isinstance(step, Commands) and file.exists()),
        ran.returncode,
    )


# --- where it is done


def environment_of_this(folder: Path) -> Path:
    """Make a virtual environment that finds what this one has, and return its folder with programs.

    What is installed in it goes nowhere else.
    """
    return _environment(folder, "".join(f"import site; site.addsitedir({each!r})\n" for each in _packages()))


def environment_of_wheels(folder: Path, wheels: Path) -> Path:
    """Make a virtual environment in which HTMap and its plugins come from wheels alone, and what they need from this one."""
    others = folder.with_name("others")
    others.mkdir()
    for each in {entry.name: entry for found in _packages() for entry in Path(found).iterdir()}.values():
        if each.suffix != ".pth" and not re.match(r"_*(editable_impl_)?htmap", each.name):
            (others / each.name).symlink_to(each)
    programs = _environment(folder, f"{others}\n")
    (programs / "htmap").unlink()
    ours = map(str, sorted(wheels.glob("*.whl")))
    command = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--no-index", *ours]
    subprocess.run(command, check=True, timeout=600)
    return programs


def _packages() -> list[str]:
    return list(dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib")))


def _environment(folder: Path, found: str) -> Path:
    venv.create(folder, symlinks=True)
    programs = folder / "bin"
    (libraries,) = folder.glob("lib/python*/site-packages")
    (libraries / "others.pth").write_text(found)
    for name in ("htmap", "pip", "pytest"):
        (program := programs / name).write_text(
            f'#!/bin/sh\nexec {shlex.quote(str(programs / "python"))} -m {name} "$@"\n'
        )
        program.chmod(0o755)
    return programs


def variables(programs: Path, before: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a shell in which a virtual environment is active, and pip asks no index."""
    return {
        **{name: value for name, value in before.items() if name not in {"PYTHONPATH", "PYTEST_ADDOPTS"}},
        "PATH": f"{programs}:{before['PATH']}",
        "VIRTUAL_ENV": str(programs.parent),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's way to say that there is no isolation
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
