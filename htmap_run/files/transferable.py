"""What HTCondor brings back, and what it leaves behind without a word: pipes, and links that lead nowhere or to folders.

So links are looked at before files are handed over. What can be brought in another form gets that. The rest is an error, because
files that are missing in the end say nothing of why.
"""

from __future__ import annotations

import os
import shutil
import stat

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator

_TOLD = 3
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


class NotTransferable(ValueError):
    """An output is no file or folder, or a folder has something else in it, which HTCondor would leave behind."""


def prepare(path: str, scratch: str) -> None:
    """Give links in a folder, or one itself, the form in which HTCondor brings what they lead to.

    One to a folder becomes a copy of it, and one to a file in the scratch directory, too: that moves along, or the next component
    of the job changes or deletes it, before HTCondor fetches anything. One to another file is made absolute.

    :param scratch: the scratch directory.
    :raises NotTransferable: there is something that it leaves behind in any form. Nothing has been changed then.
    """
    links = []
    problems = []
    for each in _walk(path):
        problem = _problem(each)
        if problem:
            problems.append(f"{each!r} is {problem}")
        elif os.path.islink(each):
            links.append(each)
    if problems:
        more = f", and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        raise NotTransferable(
            f"HTCondor brings back files and folders alone: {', '.join(problems[:_TOLD])}{more}. Delete it before, or hand over "
            "what it leads to"
        )
    inside = os.path.join(os.path.realpath(scratch), "")
    for link in links:
        leads_to = os.path.realpath(link)
        os.unlink(link)
        if os.path.isdir(leads_to):
            shutil.copytree(leads_to, link)
        elif leads_to.startswith(inside):
            shutil.copy2(leads_to, link)
        else:
            os.symlink(leads_to, link)


def _walk(path: str) -> Iterator[str]:
    yield path
    if os.path.isdir(path) and not os.path.islink(path):
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                yield os.path.join(folder, name)


def _problem(path: str) -> str:
    """Return what keeps HTCondor from bringing something; empty if nothing does."""
    if not os.path.islink(path):
        return _kind(path)
    if not os.path.exists(path):
        is_loop = _leads_to_a_link(path)
        return f"a link to itself ({os.readlink(path)!r})" if is_loop else f"a link to nothing ({os.readlink(path)!r})"
    leads_to = os.path.realpath(path)
    if not os.path.isdir(leads_to):
        return _kind(leads_to) and f"a link to {_kind(leads_to)}"
    if (os.path.realpath(os.path.dirname(path)) + os.sep).startswith(leads_to + os.sep):
        return f"a link to a folder that it lies in ({os.readlink(path)!r})"
    if any(os.path.islink(each) or _kind(each) for each in _walk(leads_to)):
        return f"a link to a folder with links or pipes in it ({os.readlink(path)!r})"
    return ""


def _kind(path: str) -> str:
    mode = os.lstat(path).st_mode
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "")


def _leads_to_a_link(path: str) -> bool:
    """Return whether what a link leads to in the end is a link again: then they lead to one another."""
    return os.path.islink(os.path.realpath(path))


NotTransferable.__module__ = "htmap"  # reports show this name
