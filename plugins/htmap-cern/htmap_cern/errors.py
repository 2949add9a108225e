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


@attrs.define(slots=False)
class OtherSchedds(HTMapException):
    """An environment module sends jobs to schedds that take none of HTMap's maps.

    :param module: its name.
    :param takes: what these schedds take, in words.
    """

    module: str
    takes: str

    def __str__(self) -> str:
        return (
            f"the module {self.module} is loaded, whose schedds take {self.takes}. Type `module unload {self.module}`, then "
            f"start Python again; maps that you already have are found then, too"
        )


@attrs.define(slots=False)
class CannotSendToEos(HTMapException):
    """An output file is to go to a path on EOS, where schedds cannot write.

    :param destination: the path that the option ``output_remaps`` names.
    :param url: the URL by which jobs can send it there; None if its server is not known.
    """

    destination: str
    url: str | None

    def __str__(self) -> str:
        instead = repr(self.url) if self.url is not None else "a URL, root://SERVER//eos/..."
        return f"output_remaps names {self.destination!r}, but CERN's schedds cannot write to EOS. Write {instead}: then jobs do"
