"""The exceptions of this plugin, all raised before anything is submitted."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core import HTMapException


@attrs.define(slots=False)
class ProjectNeeded(HTMapException):
    """No project is named that the jobs' time is counted for.

    :param setting: the setting that names it.
    """

    setting: str

    def __str__(self) -> str:
        return (
            f"nothing was submitted, because no project is named, and slots of the OSPool run no job without one. Your account "
            f"belongs to one: `htmap set {self.setting} NAME` sets it for all maps, and "
            f"custom_options={{'ProjectName': 'NAME'}} for one. Who does not know the name asks support@osg-htc.org"
        )


@attrs.define(slots=False)
class NoDocker(HTMapException):
    """The map asks for HTCondor's Docker universe.

    :param image: its image, if it is known.
    """

    image: str

    def __str__(self) -> str:
        sif = f"{self.image.rpartition('/')[2].partition(':')[0] or 'image'}.sif"
        return (
            f"the OSPool runs no Docker, but the same images by Apptainer: `apptainer build {sif} "
            f"docker://{self.image or 'IMAGE'}` makes a file of one. Copy that to your folder below /ospool, `pip install "
            f"htmap-singularity`, then `htmap set DELIVERY_METHOD singularity` and `htmap set SINGULARITY.IMAGE "
            f"osdf:///ospool/.../{sif}`"
        )


@attrs.define(slots=False)
class FolderOnOsdf(HTMapException):
    """An input folder is in a place that jobs fetch files from by OSDF.

    :param path: the folder.
    """

    path: Path

    def __str__(self) -> str:
        return (
            f"jobs cannot fetch the folder {self.path}: what is below /ospool travels by OSDF, and by that only files do. Pack "
            f"it into an archive there (`tar -czf {self.path.name or 'folder'}.tar.gz ...`), or name its files"
        )


@attrs.define(slots=False)
class MapsOnOsdf(HTMapException):
    """HTMAP_DIR is in a place that is for data alone.

    :param folder: the folder of maps there.
    """

    folder: Path

    def __str__(self) -> str:
        return (
            f"maps cannot be kept in {self.folder}: what is below /ospool is for large files and images, and the OSPool forbids "
            f"to submit from there. Set HTMAP_DIR to a folder in your home, such as ~/.htmap; input files may stay where they are"
        )
