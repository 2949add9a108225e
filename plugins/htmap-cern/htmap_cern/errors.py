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

    :param folder: the folder of maps there.
    """

    folder: Path

    def __str__(self) -> str:
        return (
            f"maps cannot be kept in {self.folder}: CERN's schedds cannot access EOS, so they could neither read their inputs "
            f"nor write their event logs. Set HTMAP_DIR to a folder on AFS, such as ~/.htmap; jobs themselves can use EOS"
        )


@attrs.define(slots=False)
class CannotFetchFromEos(HTMapException):
    """Jobs cannot fetch an input file that is on EOS.

    :param path: the file.
    :param problem: why it cannot be fetched.
    """

    path: Path
    problem: str

    def __str__(self) -> str:
        return (
            f"jobs cannot fetch {self.path} from EOS: {self.problem}. Copy it to AFS, or name it by a URL, "
            f"root://SERVER//eos/...; or give its path to the function as text, because jobs can read EOS themselves"
        )
