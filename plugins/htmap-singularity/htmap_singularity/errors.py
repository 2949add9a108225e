"""The exceptions of this plugin."""

from __future__ import annotations

import attrs

from htmap_core import HTMapException


@attrs.define(slots=False)
class UnusableImage(HTMapException):
    """The setting SINGULARITY.IMAGE names an image that cannot be run.

    :param image: the image.
    :param origin: where the setting was found; None for the default.
    :param problem: what is wrong with it, and what to do.
    """

    image: str
    origin: str | None
    problem: str

    def __str__(self) -> str:
        return f"SINGULARITY.IMAGE = {self.image!r} (from {self.origin or 'the default'}): {self.problem}"
