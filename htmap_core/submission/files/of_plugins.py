"""The files that plugins send with all jobs of a map."""

from __future__ import annotations

import os

from htmap_core.contract.authors import INPUT_FILE
from htmap_core.contract.submit import SubmitDescription
from htmap_core.contract.transfer_path import scheme_of
from htmap_core.exceptions import InvalidOption
from htmap_core.language.literals import original


def check_files_of_plugins(submit: SubmitDescription) -> None:
    """Check that the files exist which plugins send: else HTCondor holds each job, and its reason names no plugin.

    :raises InvalidOption: one does not, or its path is relative: HTCondor would look for it in the map's directory.
    """
    for listed in submit.input_files:
        path = original(listed)  # as `submit_path` writes it; any other macro is the plugin's own matter
        by = submit.authors.plugin(f"{INPUT_FILE}{listed}")
        if by is not None and scheme_of(path) is None and "$(" not in path and not _is_here(path):
            reason = "is no file or folder here, by its absolute path, that could be sent with jobs"
            raise InvalidOption("transfer_input_files", path, reason, by)
    for scheme, path in submit.transfer_plugins.items():
        if not (_is_here(path) and os.path.isfile(path)):
            by = submit.authors.plugin(f"transfer_plugins for {scheme}")
            raise InvalidOption("transfer_plugins", f"{scheme}={path}", "is no file here, by its absolute path", by)


def _is_here(path: str) -> bool:
    return os.path.isabs(path) and os.path.exists(path)
