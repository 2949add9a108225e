"""HTMap on the OSPool: projects, duration categories, containers and large files by OSDF."""

from htmap_ospool.errors import (
    FolderOnOsdf,
    MapsOnOsdf,
    NoDocker,
    ProjectNeeded,
)
from htmap_ospool.warnings import (
    ImageNotOnOsdf,
    LargeRequests,
    LongJobs,
    NoSuchImage,
    OlderWayAlone,
)

__all__ = [
    "FolderOnOsdf",
    "ImageNotOnOsdf",
    "LargeRequests",
    "LongJobs",
    "MapsOnOsdf",
    "NoDocker",
    "NoSuchImage",
    "OlderWayAlone",
    "ProjectNeeded",
]
