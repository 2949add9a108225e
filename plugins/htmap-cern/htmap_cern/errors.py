"""What can be wrong at CERN before anything is submitted."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core import HTMapException


@attrs.define(slots=False)
class TicketNeeded(HTMapException):
    """The user has no Kerberos ticket that will do.

    :param problem: what is wrong with it.
    :param command: what to type.
    """

    problem: str
    command: str

    def __str__(self) -> str:
        return f"jobs need a Kerberos ticket, and {self.problem}. Type `{self.command}`, then make the map again"


@attrs.define(slots=False)
class CannotSendCredential(HTMapException):
    """The user's ticket could not be handed to the batch service.

    :param problem: what went wrong, where.
    :param advice: what to do.
    """

    problem: str
    advice: str

    def __str__(self) -> str:
        return (
            f"nothing was submitted, because the jobs' Kerberos credential cannot be stored: {self.problem}. {self.advice}; "
            f"jobs that read neither AFS nor EOS can do without: CERN.SEND_CREDENTIAL = false"
        )


@attrs.define(slots=False)
class MapOnEos(HTMapException):
    """HTMAP_DIR is on EOS.

    :param map_dir: the map's directory there.
    """

    map_dir: Path

    def __str__(self) -> str:
        return (
            f"a map cannot be kept in {self.map_dir}: CERN's schedds do not see EOS, so they could neither read its inputs nor "
            f"write its event log. Set HTMAP_DIR to a folder on AFS, such as ~/.htmap; jobs themselves can use EOS"
        )
