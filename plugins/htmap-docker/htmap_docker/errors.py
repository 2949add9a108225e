"""What can go wrong with images, under HTMapException."""

from __future__ import annotations

import attrs

from htmap_core import HTMapException


@attrs.define(slots=False)
class NoDockerImage(HTMapException):
    """The image to run in is set to nothing.

    :param default: the image that would be taken if nothing were set.
    """

    default: str

    def __str__(self) -> str:
        return (
            "DOCKER.IMAGE is empty, so there is no image to run components in. Name one in ~/.htmaprc:\n"
            f'    [DOCKER]\n    IMAGE = "{self.default}"\n'
            f"or delete the line: {self.default} is the default"
        )
