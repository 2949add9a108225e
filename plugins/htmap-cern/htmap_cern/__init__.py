"""HTMap at CERN: tickets, run times and schedds of the batch service. It is also the example of a site's plugin."""

from htmap_cern.errors import (
    CannotFetchFromEos,
    CannotSendCredential,
    CannotSendToEos,
    MapOnEos,
    OtherSchedds,
    TicketNeeded,
)

__all__ = [
    "CannotFetchFromEos",
    "CannotSendCredential",
    "CannotSendToEos",
    "MapOnEos",
    "OtherSchedds",
    "TicketNeeded",
]
