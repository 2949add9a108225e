"""The delivery method ``docker``: components run in a container of a Docker image."""

from htmap_docker.errors import (
    NoDockerImage,
)

__all__ = [
    "NoDockerImage",
]
