"""The plugin's errors and warnings survive a trip to another process."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from htmap_ospool.errors import FolderOnOsdf, MapsOnOsdf, NoDocker, ProjectNeeded
from htmap_ospool.warnings import ImageNotOnOsdf, LargeRequests, LongJobs, NoSuchImage, OlderWayAlone


@pytest.mark.parametrize(
    "error",
    [
        ProjectNeeded("OSPOOL.PROJECT"),
        NoDocker("python:3.11"),
        FolderOnOsdf(Path("/ospool/x")),
        MapsOnOsdf(Path("/ospool/x")),
        LongJobs(1, 2),
        LargeRequests({"request_cpus": "9"}, {"request_cpus": "8"}),
        ImageNotOnOsdf("/x.sif", "from afar", ""),
        OlderWayAlone("osdf:///ospool/x.sif", 3),
        NoSuchImage("osdf:///ospool/x.sif", Path("/ospool/x.sif")),
    ],
)
def test_an_error_can_be_pickled(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
