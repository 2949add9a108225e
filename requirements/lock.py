"""Choose the versions of all that a checkout is developed with, and write them down with their hashes (`make lock`).

`runtime.txt` has what the distributions need, `dev.txt` that and what tests and checks need, `docs.txt` what makes the site: for
every Python and system that we support. `peers.txt` has what benchmarks compare with, `ecosystem.txt` what is added to `dev.txt`
for the tests of programs that speak to an executor. Which index is asked is everybody's own matter.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tomli

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
HEADER = "# Written by `make lock`.\n"
OURS = "htmap"


def main() -> None:
    """Write all locks. What is locked already stays, unless `--upgrade` is given."""
    projects = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
    described = [tomli.loads(project.read_text())["project"] for project in projects]
    needed = [line for project in described for line in project["dependencies"] if not line.startswith(OURS)]
    oldest = described[0]["requires-python"].lstrip(">=")
    runtime = "\n".join([*needed, (FOLDER / "runtime.in").read_text()])
    lock("runtime", runtime, "--python-version", oldest)
    lock("dev", runtime + (FOLDER / "dev.in").read_text(), "--python-version", oldest, "--constraints", "runtime.txt")
    lock("peers", (FOLDER / "peers.in").read_text())
    lock("docs", (FOLDER / "docs.in").read_text(), "--python-version", oldest)
    lock("ecosystem", (FOLDER / "ecosystem.in").read_text(), "--constraints", "dev.txt")


def lock(name: str, wanted: str, *options: str) -> None:
    """Write one lock.

    :raises subprocess.CalledProcessError: there are no such versions; uv says why.
    """
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--universal", "--generate-hashes", "--quiet"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--output-file", f"{name}.txt"]
    subprocess.run([*command, *options, *sys.argv[1:]], input=wanted, text=True, cwd=FOLDER, check=True)
    written = FOLDER / f"{name}.txt"
    written.write_text(HEADER + written.read_text().replace(HEADER, ""))


if __name__ == "__main__":
    main()
