"""What components write, as HTCondor shows it while they run: by the job's own standard output."""

from __future__ import annotations

import contextlib
import os

from htmap_run import names
from htmap_run.job.supervisor import Saved

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator

    from htmap_run.files.own_archive import OwnArchive


@contextlib.contextmanager
def shown_live(scratch: str, own: OwnArchive) -> Iterator[None]:
    """Link the job's own standard output to that of the components while they run: ``condor_tail`` shows no other file.

    HTCondor sends the job's standard output back, so the link is an empty file again in the end. If there was no such file, none
    is made. While HTCondor saves what there is, it has what was written: ``condor_tail`` begins anew where it finds less than
    before, and the next run puts that back before it makes the link.

    The function may also have deleted the folder that HTCondor sends back; it is made again, because HTCondor would run a job
    without it again and again.
    """
    live, link = (os.path.join(scratch, name) for name in (names.LIVE_STDOUT, names.LINK))
    is_wanted = os.path.lexists(live)
    if is_wanted:
        os.symlink(f"{names.RETURN}/{names.STDOUT}", link)
        os.replace(link, live)
    is_shown = False
    try:
        yield
    except Saved:
        with contextlib.suppress(FileNotFoundError):  # the function has deleted it
            if is_wanted:
                os.replace(os.path.join(scratch, names.RETURN, names.STDOUT), live)
                is_shown = True
        raise
    finally:
        own.unlock()
        own.restore_returned()
        if is_wanted and not is_shown:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(live)
            open(live, "wb").close()
