"""What jobs ask for: what the OSPool gives easily, and what it hardly gives. https://portal.osg-htc.org/documentation has it."""

from __future__ import annotations

import math

from htmap_core import SubmitDescription, amounts
from htmap_ospool.warnings import LargeRequests

MEMORY, DISK = 2, 4
"""The GB that jobs ask for unless their user says it. HTMap's own figures are for trials."""

_GB = 1024**3

_USUAL = {"request_cpus": "8", "request_memory": "40GB", "request_disk": "20GB", "request_gpus": "1"}
_WITHOUT_UNIT = {"request_memory": "MB", "request_disk": "KB"}


def look_at(submit: SubmitDescription, image: int) -> None:
    """Give jobs usual requests for want of the user's, and warn of large ones.

    :param image: the bytes of the image, which counts for a job's disk space there.
    """
    submit.set_default("request_memory", f"{MEMORY}GB")
    submit.set_default("request_disk", f"{DISK + math.ceil(image / _GB)}GB")
    asked = {name: submit.get(name) or "" for name in _USUAL}
    large = {name: text for name, text in asked.items() if _amount(name, text) > _amount(name, _USUAL[name])}
    if large:
        submit.warn(LargeRequests(large, {name: _USUAL[name] for name in large}))


def _amount(name: str, text: str) -> float:
    """Return an amount as a number; 0 if it is an expression, steps, or not known yet."""
    try:
        if name not in _WITHOUT_UNIT:
            return float(text)
        number, unit = amounts.read(text)
    except ValueError:
        return 0
    return amounts.whole(number, unit or _WITHOUT_UNIT[name], "KB")
