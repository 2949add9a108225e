"""The exceptions of this plugin, all raised before anything is submitted."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core import HTMapException


@attrs.define(slots=False)
class TicketNeeded(HTMapException):
    """The user has no usable Kerberos ticket.

    :param problem: what is wrong with it.
    :param command: the command to type.
    """

    problem: str
    command: str

    def __str__(self) -> str:
        return f"jobs need a Kerberos ticket, but {self.problem}. Type `{self.command}`, then create the map again"


@attrs.define(slots=False)
class CannotSendCredential(HTMapException):
    """The user's ticket could not be handed to the batch service.

    :param problem: what went wrong, and where.
    :param advice: what to do.
    """

    problem: str
    advice: str

    def __str__(self) -> str:
        return (
            f"nothing was submitted, because the jobs' Kerberos credential cannot be stored: {self.problem}. {self.advice}. "
            f"Jobs that read neither AFS nor EOS do not need it: set CERN.SEND_CREDENTIAL = false"
        )


@attrs.define(slots=False)
class MapOnEos(HTMapException):
    """HTMAP_DIR is on EOS.

    :param map_dir: the map's directory there.
    """

    map_dir: Path

    def __str__(self) -> str:
        return (
            f"a map cannot be kept in {self.map_dir}: CERN's schedds cannot access EOS, so they could neither read its inputs "
            f"nor write its event log. Set HTMAP_DIR to a folder on AFS, such as ~/.htmap; jobs themselves can use EOS"
        )
