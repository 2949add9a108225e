"""What must be true of the files of a release; each fault is a sentence."""

from __future__ import annotations

import email.message
import email.parser
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from readme_renderer import markdown

from release.distributions import Distribution, described

PASSED = 10  # of 10, in the words of pyroma


def faults(distributions: Sequence[Distribution], files: Path) -> Iterator[str]:
    """Yield what is wrong with the sdists and wheels of some distributions, by the tools of the field and by rules of ours.

    :param distributions: as they were built, with what a release fills in.
    """
    yield from _of_tool("twine", "check", "--strict", *map(str, sorted(files.iterdir())))
    for each in distributions:
        sdists, wheels = sorted(files.glob(f"{each.file_name}-*.tar.gz")), sorted(files.glob(f"{each.file_name}-*.whl"))
        if len(sdists) != 1 or len(wheels) != 1:
            yield f"{each.name} has {len(sdists)} sdists and {len(wheels)} wheels instead of one of each"
            continue
        described_in = str(each.folder / "pyproject.toml")
        yield from _of_tool("validate_pyproject", described_in)
        yield from _of_tool("check_wheel_contents", "--config", described_in, str(wheels[0]))
        yield from _of_tool("pyroma", "--min", str(PASSED), str(sdists[0]))
        for file, contents in ((sdists[0], of_sdist(sdists[0])), (wheels[0], of_wheel(wheels[0]))):
            yield from (f"{file.name}: {fault}" for fault in faults_of_file(each, contents))


def _of_tool(module: str, *arguments: str) -> Iterator[str]:
    """Run a tool, and yield what it says if it finds something."""
    command = [sys.executable, "-m", module, *arguments]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ran.returncode != 0:
        yield f"{module} {' '.join(arguments)} says: {ran.stdout.strip()}"


def of_sdist(path: Path) -> dict[str, bytes]:
    """Return the files of an sdist, by their names below its one folder."""
    with tarfile.open(path) as archive:
        opened = {member.name.partition("/")[2]: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in opened.items() if file is not None}


def of_wheel(path: Path) -> dict[str, bytes]:
    """Return the files of a wheel."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def faults_of_file(distribution: Distribution, contents: dict[str, bytes]) -> Iterator[str]:
    """Yield what is wrong with what a file of a distribution holds: its version, its licence, and what an index shows of it."""
    metadata = next(contents[name] for name in contents if re.fullmatch(r"PKG-INFO|[^/]+\.dist-info/METADATA", name))
    message = email.parser.BytesParser().parsebytes(metadata)
    if message["Version"] != distribution.project["version"]:
        yield f"it is version {message['Version']} instead of {distribution.project['version']}"
    licence = (distribution.folder / "LICENSE").read_bytes()
    if licence not in [content for name, content in contents.items() if name.endswith("LICENSE")]:
        yield "it has no LICENSE, or another one"
    if message["License-Expression"] != distribution.project["license"]:
        yield f"its licence is called {message['License-Expression']}"
    yield from (f"its page on an index leads nowhere by {link}" for link in _links_nowhere(message))
    if "PKG-INFO" in contents and not any(re.match(r"tests/.+\.py$", name) for name in contents):
        yield "it has no tests"
    yield from (f"{name} is not in it" for name in _missing_pages(distribution, contents))


def _links_nowhere(message: email.message.Message) -> list[str]:
    text = str(message.get_payload())
    page = markdown.render(text)
    links = re.findall(r"(?:href|src)=\"([^\"]*)\"", page or "")
    places = {f"#{place}" for place in re.findall(r"\bid=\"([^\"]*)\"", page or "")}
    nowhere = [link for link in links if not (link.startswith(("https://", "mailto:")) or link in places)]
    return nowhere if page else ["its text, which does not render"]


def _missing_pages(distribution: Distribution, contents: dict[str, bytes]) -> list[str]:
    """Return the man pages that a wheel lacks, or an sdist."""
    shared = described(distribution.folder)["tool"]["hatch"]["build"]["targets"]["wheel"].get("shared-data", {})
    folder = distribution.folder / "man"
    wanted = {path.name for path in folder.glob("*.1")} if "man" in shared or folder.is_dir() else set()
    return sorted(wanted - {name.rpartition("/")[2] for name in contents})
