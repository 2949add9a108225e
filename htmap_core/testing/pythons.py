"""Other Pythons on the machine that runs the tests, to play the execute node's: bare, and of other versions."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


def _find(version: str) -> str | None:
    """Look in the folders of HTMAP_TEST_PYTHONS, in pyenv's, in that of the Python that runs the tests, and on PATH.

    A virtual environment is not bare.
    """
    folders = [Path(folder) for folder in os.environ.get("HTMAP_TEST_PYTHONS", "").split(os.pathsep) if folder]
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    folders += sorted(path / "bin" for path in pyenv.glob(f"versions/{version}.*"))
    folders.append(Path(sys.base_prefix) / "bin")
    for folder in folders:
        if os.access(folder / f"python{version}", os.X_OK) and os.access(folder / "python3", os.X_OK):
            return str(folder / "python3")
    found = shutil.which(f"python{version}", path="/usr/local/bin:/usr/bin:/bin")
    same = shutil.which("python3", path=str(Path(found).parent)) if found else None
    return same if same and found and Path(same).resolve() == Path(found).resolve() else None


_FOUND = {version: path for version in _VERSIONS if (path := _find(version)) is not None}

BARE_PYTHONS: tuple[str, ...] = tuple(_FOUND)
"""The minor versions of which there is a Python here, such as ``("3.9", "3.12")``. Since 0.7."""


def python_of(version: str) -> str:
    """Return the path of the Python of a minor version.

    It is one of those that there are::

        @pytest.mark.parametrize("version", BARE_PYTHONS)
        def test_the_script_runs(version: str) -> None:
            subprocess.run([python_of(version), SCRIPT], check=True)

    :param version: one of :data:`BARE_PYTHONS`.

    Since 0.7.
    """
    return _FOUND[version]


def bare_environment(version: str) -> str:
    """Return the map option ``environment`` that puts the Python of a minor version first on a job's PATH.

    Jobs of the map find that one as ``python3``::

        htmap.map(len, ["abc"], htmap.MapOptions(environment=bare_environment("3.9")))

    :param version: one of :data:`BARE_PYTHONS`.

    Since 0.7.
    """
    return f'"PATH={Path(python_of(version)).parent}:/usr/bin:/bin"'
