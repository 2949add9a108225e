"""The delivery method ``docker``: components run in a container that Docker makes of an image."""

from htmap_docker.errors import (
    NoDockerImage,
)

__all__ = [
    "NoDockerImage",
]
