"""Run uv, and tell what went wrong in its words."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from htmap_core import program
from htmap_packages import indexes
from htmap_packages.errors import CannotBuild, NoUv

# What uv says, and what to do then; the first that fits counts.
_ADVICE = {
    r"error sending request|dns error|[Ff]ailed to fetch|[Cc]ould not connect|timed out": (
        "The package index cannot be reached from this machine. Packages that were sent before need no network: "
        "`htmap packages info`. Behind a proxy, set HTTPS_PROXY; uv's variable UV_DEFAULT_INDEX names another index"
    ),
    r"network was disabled": "The package index cannot be reached from this machine, and uv has not kept what is needed",
    r"No space left|[Dd]isk quota": "The disk is full. PACKAGES.DIR and uv's variable UV_CACHE_DIR can name other folders",
    r"no wheels|no usable wheels|[Ww]heels are required": (
        "There is no build of it for the nodes' Python, and none can be made here for them. PACKAGES.PYTHON_VERSION and "
        "PACKAGES.PLATFORM say what the nodes have; another version of the package may have a build"
    ),
    r"for '--python-platform": "PACKAGES.PLATFORM names what uv does not know: take the next older glibc that it lists",
    r"not found in|no version of": (
        "Look at how it is spelt, and whether the index has it: packages of your institute may need UV_INDEX or pip's "
        "extra-index-url"
    ),
}
_ELSE = "PACKAGES.REQUIRE and PACKAGES.FILE name what is sent (`htmap docs packages`)"
_OFTEN = 0.2  # seconds
_UNREACHABLE = re.compile(next(iter(_ADVICE)))


def uv(arguments: Sequence[str], wanted: str, folder: Path, look: Callable[[], None]) -> str:
    """Run uv, and return what it prints. Where the network cannot be reached, what it has kept may do.

    :param wanted: what is built, for messages.
    :param folder: the folder that relative paths begin with.
    :param look: is called now and then meanwhile, for who shows that work goes on.
    :raises NoUv: it is not there.
    :raises CannotBuild: it fails.
    """
    found = program("uv")
    if found is None:
        raise NoUv
    command = [str(found), *arguments]
    code, printed, errors = _run(command, folder, look)
    if code and _UNREACHABLE.search(errors):
        kept = _run([*command, "--offline"], folder, look)
        code, printed, errors = kept if not kept[0] else (code, printed, errors)
    if code:
        said = indexes.hidden(errors.strip())
        raise CannotBuild(wanted, said, advice(said))
    return printed


def advice(said: str) -> str:
    """Return what to do about what uv has said."""
    return next((text for pattern, text in _ADVICE.items() if re.search(pattern, said)), _ELSE)


def _run(command: Sequence[str], folder: Path, look: Callable[[], None]) -> tuple[int, str, str]:
    pipe, environment = subprocess.PIPE, indexes.environment()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        text=True,
        errors="replace",
    ) as process:
        while True:
            try:
                printed, errors = process.communicate(timeout=_OFTEN)
            except subprocess.TimeoutExpired:
                look()
            except BaseException:  # such as Ctrl-C: nobody would wait for it
                process.kill()
                raise
            else:
                return process.returncode, printed, errors
