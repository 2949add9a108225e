"""The delivery method ``singularity``: components run in a container that Apptainer or Singularity makes of an image."""

from htmap_singularity.errors import (
    UnusableImage,
)

__all__ = [
    "UnusableImage",
]
