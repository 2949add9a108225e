"""What HTCondor adds to the requirements of jobs.

It sends jobs to machines like the one that submits, unless their requirements say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Optional

from htmap_core.language.expressions import conjunction, names_in, quoted

Parameter = Callable[[str], Optional[str]]

# Requirements that name one of these decide about the operating system themselves. OpSysVer and OpSysMajorVer are not among them.
_SYSTEMS = frozenset({"opsys", "opsysandver", "opsysname", "opsyslongname", "opsysshortname", "opsyslegacy"})


def of_administrator(parameter: Parameter) -> str | None:
    """Return what the administrator of the submit machine has added to the requirements of all jobs; None for nothing.

    :param parameter: gives a parameter of the submit side's configuration.
    """
    return parameter("APPEND_REQ_VANILLA") or parameter("APPEND_REQUIREMENTS") or None


def of_machine(requirements: str, in_container: bool, parameter: Parameter) -> Iterator[str]:
    """Yield what HTCondor adds so that jobs go to machines like this one: architecture and operating system.

    :param requirements: all that jobs require otherwise; whatever names the architecture there keeps HTCondor from adding one.
    :param in_container: whether the jobs run in an image, which has its own operating system.
    """
    named = names_in(requirements)
    if "arch" not in named and (architecture := parameter("ARCH")):
        yield f"Arch == {quoted(architecture)}"
    if not in_container and not named & _SYSTEMS and (system := parameter("OPSYS")):
        yield f"OpSys == {quoted(system)}"


def of_image(image: str) -> str:
    """Return the attribute of slots that HTCondor asks for, for jobs in the container universe.

    :param image: what ``container_image`` names.
    """
    if image.startswith("docker:"):
        return "HasDockerURL"
    return "HasSIF" if image.endswith(".sif") else "HasSandboxImage"


def of_requests(requirements: str, attributes: Mapping[str, str]) -> Iterator[str]:
    """Yield what HTCondor adds because it takes attributes of the job for requests: amounts called ``Request<Resource>``.

    :param attributes: the job's own attributes, such as ``RequestRuntime`` of some sites, whose slots have a ``Runtime``.
    """
    named = names_in(requirements)
    for name, text in attributes.items():
        found = _REQUEST.fullmatch(name)
        if found is not None and found[1].casefold() not in named and not _NO_AMOUNT.fullmatch(text):
            yield f"TARGET.{found[1]} >= {name}"


_REQUEST = re.compile(r"Request(\w+)")
_NO_AMOUNT = re.compile(r'\s*(0|true|false|".*"|\{.*)\s*', re.IGNORECASE | re.DOTALL)


def all_added(
    requirements: str,
    in_container: bool,
    parameter: Parameter,
    attributes: Mapping[str, str],
    *,
    brings_plugins: bool,
    saves: bool,
) -> Iterator[str]:
    """Yield all that HTCondor adds, but for its own requests.

    :param attributes: the job's own attributes.
    :param brings_plugins: whether transfer plugins travel with the jobs.
    :param saves: whether the jobs exit for HTCondor to save what there is, and to start them again.
    """
    if (appended := of_administrator(parameter)) is not None:
        yield appended
    full = conjunction(each for each in (requirements, appended) if each)
    yield from of_requests(full, attributes)
    if "$(" not in full:  # a macro, as for single components, may name whatever it likes
        yield from of_machine(full, in_container, parameter)
    if not brings_plugins and "hasfiletransfer" not in names_in(full):
        yield "HasFileTransfer"
    if saves:
        yield "HasSelfCheckpointTransfers"


def about_architecture(slots: Mapping[str, int]) -> str:
    """Return advice for a map whose architecture no slot has.

    :param slots: the number of slots of each architecture.
    """
    found = max(slots, key=lambda name: slots[name], default="")
    if not found:
        return ""
    counts = ", ".join(f"{count} with {name}" for name, count in slots.items())
    return (
        f"Slots: {counts}. HTCondor asks for the submit machine's architecture unless requirements name Arch. With "
        f"MapOptions(requirements='Arch == {quoted(found)}'), jobs go there; they need a delivery method whose Python runs "
        f"there, such as assume, or an image for that architecture"
    )
