"""The delivery method ``singularity``: components run in a container of an image, by Apptainer or Singularity."""

from htmap_singularity.errors import (
    UnusableImage,
)

__all__ = [
    "UnusableImage",
]
