"""HTMap at CERN: tickets, run times and schedds of the batch service. It is also the example of a site's plugin."""

from htmap_cern.errors import (
    CannotFetchFromEos,
    CannotSendCredential,
    MapOnEos,
    TicketNeeded,
)

__all__ = [
    "CannotFetchFromEos",
    "CannotSendCredential",
    "MapOnEos",
    "TicketNeeded",
]
