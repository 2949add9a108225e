"""Find the image that a setting names, and tell how HTCondor gets and runs it."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

from htmap_singularity.errors import UnusableImage

# CernVM-FS is mounted read-only on the machines of grids, at the same path everywhere. HTCondor does not transfer from it either.
_EVERYWHERE = "/cvmfs/"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
# Apptainer knows these schemes, but HTCondor 25 refuses them.
_REFUSED = ("library", "shub", "docker-archive", "docker-daemon", "oci", "oci-archive")


@attrs.frozen
class Image:
    """An image that components run in.

    :param name: a path from the root, or a URL.
    :param travels: whether it is a file that is sent with each job.
    """

    name: str
    travels: bool

    @property
    def is_path(self) -> bool:
        """Whether the image is a file or a folder, not a URL."""
        return self.name.startswith("/")

    @property
    def ability(self) -> str:
        """The attribute of slots that can run this kind of image; ``condor_submit`` requires the same."""
        if self.name.startswith("docker:"):
            return "HasDockerURL"
        return "HasSIF" if self.name.endswith(".sif") else "HasSandboxImage"


def find(named: str, transfer: bool | None, origin: str | None = None) -> Image:
    """Return the image that a setting names.

    A file is sent with each job, unless it is below ``/cvmfs``; a folder cannot be sent.

    :param named: the setting SINGULARITY.IMAGE.
    :param transfer: the setting SINGULARITY.TRANSFER.
    :param origin: where the setting was found; None for the default.
    :raises UnusableImage: there is no such file to send, or HTCondor cannot run such an image.
    """
    if not named:
        raise UnusableImage(named, origin, f"there is no image to run components in. {_EXAMPLE}")
    if scheme := _SCHEME.match(named):
        if scheme[1].lower() in _REFUSED:
            raise UnusableImage(named, origin, f"HTCondor does not run {scheme[0]} images. {_CONVERT}")
        return Image(named, travels=False)
    path = Path(named).expanduser().absolute()
    if named.startswith(_EVERYWHERE) or transfer is False:
        return Image(str(path), travels=False)
    if path.is_dir():
        if transfer:
            raise UnusableImage(
                named,
                origin,
                "a folder cannot be sent with jobs, only an image in one file. Delete "
                "SINGULARITY.TRANSFER if the execute nodes share the folder; else " + _CONVERT,
            )
        return Image(str(path), travels=False)
    if not path.is_file():
        raise UnusableImage(
            named,
            origin,
            "there is no such file here that could be sent with jobs. Correct the path, or, if "
            "the execute nodes have the image at this path, set SINGULARITY.TRANSFER = false",
        )
    return Image(str(path), travels=True)


_EXAMPLE = (
    "Name one in ~/.htmaprc:\n"
    '    [SINGULARITY]\n    IMAGE = "~/images/analysis.sif"\n'
    'It is a path, or a URL such as "docker://python:3.11"'
)
_CONVERT = "`apptainer build image.sif <your image>` makes a file that can be sent and run"
