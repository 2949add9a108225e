"""The plugin's errors survive a trip to another process."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from htmap_cern.errors import (
    CannotFetchFromEos,
    CannotSendCredential,
    CannotSendToEos,
    MapOnEos,
    OtherSchedds,
    TicketNeeded,
)


@pytest.mark.parametrize(
    "error",
    [
        TicketNeeded("there is none", "kinit"),
        CannotSendCredential("why", "what"),
        MapOnEos(Path("/eos/x")),
        CannotFetchFromEos(Path("/eos/x"), "why"),
        CannotSendToEos("/eos/x", None),
        CannotSendToEos("/eos/x", "root://server//eos/x"),
        OtherSchedds("lxbatch/spool", "nothing"),
    ],
)
def test_an_error_can_be_pickled(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
