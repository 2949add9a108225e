"""The exceptions of this plugin."""

from __future__ import annotations

import attrs

from htmap_core import HTMapException


@attrs.define(slots=False)
class NoDockerImage(HTMapException):
    """The setting DOCKER.IMAGE is empty.

    :param default: the image that is used if the setting is missing.
    """

    default: str

    def __str__(self) -> str:
        return (
            "DOCKER.IMAGE is '', so there is no image to run components in. Name one in ~/.htmaprc:\n"
            f'    [DOCKER]\n    IMAGE = "{self.default}"\n'
            f"or delete the line: the default is {self.default!r}"
        )
