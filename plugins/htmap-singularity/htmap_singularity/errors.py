"""What can go wrong with images, under HTMapException."""

from __future__ import annotations

import attrs

from htmap_core import HTMapException


@attrs.define(slots=False)
class UnusableImage(HTMapException):
    """An image was named that cannot be run.

    :param image: the image.
    :param origin: where the setting was found.
    :param problem: what is wrong with it, and what to do.
    """

    image: str
    origin: str | None
    problem: str

    def __str__(self) -> str:
        return f"SINGULARITY.IMAGE = {self.image!r} (from {self.origin or 'the default'}): {self.problem}"
