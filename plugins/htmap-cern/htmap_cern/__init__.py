"""HTMap at CERN: tickets, run times and schedds of the batch service. An example of a site's plugin, too."""

from htmap_cern.errors import (
    CannotSendCredential,
    MapOnEos,
    TicketNeeded,
)

__all__ = [
    "CannotSendCredential",
    "MapOnEos",
    "TicketNeeded",
]
