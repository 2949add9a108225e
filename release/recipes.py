"""Recipes for conda-forge, one for each distribution: made of what describes it, and of its sdist."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import Requirement

from release.distributions import Distribution, described

# What is called otherwise there. A package of conda is the same for all systems and Pythons, and so needs what any of these does.
ELSEWHERE = {"htcondor": "python-htcondor", "importlib-metadata": "importlib_metadata"}
SOURCE = "https://pypi.org/packages/source/{first}/{name}/{file}"


def write(distributions: Sequence[Distribution], files: Path, into: Path) -> None:
    """Write a recipe for each distribution, in a folder of its name."""
    for each in distributions:
        (sdist,) = files.glob(f"{each.file_name}-*.tar.gz")
        folder = into / each.name
        folder.mkdir(parents=True)
        (folder / "recipe.yaml").write_text("\n".join(_lines(each, sdist)) + "\n", encoding="utf-8")


def _lines(distribution: Distribution, sdist: Path) -> Iterator[str]:
    project = distribution.project
    url = SOURCE.format(first=distribution.name[0], name=distribution.name, file=sdist.name)
    checksum = hashlib.sha256(sdist.read_bytes()).hexdigest()
    yield from (
        "schema_version: 1",
        "",
        "package:",
        f"  name: {distribution.name}",
        f"  version: {project['version']}",
        "",
    )
    yield from ("source:", f"  url: {url}", f"  sha256: {checksum}", "")
    yield from ("build:", "  number: 0", "  noarch: python")
    yield "  script: ${{ PYTHON }} -m pip install . -vv --no-deps --no-build-isolation"
    if scripts := project.get("scripts"):
        yield from ("  python:", "    entry_points:", *(f"      - {name} = {place}" for name, place in scripts.items()))
    yield from ("", "requirements:", "  host:", "    - python ${{ python_min }}.*", "    - pip")
    yield from (f"    - {_of_conda(line)}" for line in described(distribution.folder)["build-system"]["requires"])
    yield from ("  run:", f"    - python {project['requires-python']}")
    yield from (f"    - {_of_conda(line)}" for line in project["dependencies"])
    yield from ("", "tests:", "  - python:", "      imports:", f"        - {distribution.file_name}")
    if scripts:
        yield from ("        - htmap", "  - script:", *(f"      - {name} --version" for name in scripts))
    yield from ("", "about:", f"  homepage: {project['urls']['Homepage']}")
    yield f"  summary: {json.dumps(project['description'])}"
    yield from (f"  license: {project['license']}", "  license_file: LICENSE")


def _of_conda(line: str) -> str:
    requirement = Requirement(line)
    return f"{ELSEWHERE.get(requirement.name, requirement.name)} {requirement.specifier}".strip()
