"""Which files HTMap trusts: those that are the user's alone, and those that the setting TRUSTED_FOLDERS names."""

from __future__ import annotations

import os
from pathlib import Path

from htmap_core.exceptions.ownership import refusal
from htmap_core.files.ownership import close_folder, find_danger, is_private, is_within
from htmap_core.settings.layers import trusted_in_environment
from htmap_core.settings.tables import setting


def check_owner(path: Path, use: str, advice: str) -> None:
    """Check that nobody but the user and root could have made or changed a file or folder, before HTMap reads or runs it.

    A plugin calls it for what it reads or runs and the user has not named in this program::

        check_owner(folder, "the folder of images", "IMAGES.DIR can name another one")

    :param path: a file or folder; it may not exist (yet).
    :param use: what it is needed for, as a phrase for the message.
    :param advice: how to use another one, as a sentence for the message, without a full stop.
    :raises UnsafePath: somebody else owns it, or may write to it, or to a folder above it that can be renamed. Folders that the
        setting TRUSTED_FOLDERS names, and all that is below them, are not looked at.

    Since 0.7.
    """
    danger = find_danger(path)
    if danger is not None and not _is_trusted(path):
        raise refusal(path, use, danger, advice)


def close_unless_trusted(folder: Path) -> None:
    """Take all permissions from others that they have for a folder of the user's, unless TRUSTED_FOLDERS names it."""
    if not _is_trusted(folder):
        close_folder(os.fspath(folder))


def _is_trusted(path: Path) -> bool:
    return is_within(path, [*setting("TRUSTED_FOLDERS"), *trusted_in_environment()])


def check_entry(path: Path, use: str, advice: str) -> None:
    """Check the same for something in a folder that was checked. It takes one look at what is well.

    :raises UnsafePath: as :func:`check_owner`.
    """
    if not is_private(os.fspath(path)):
        check_owner(path, use, advice)
