"""The one atomic write of HTMap, for files that others may read at the same time."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

from htmap_core.files.ownership import private_opener


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file so that readers see either the old content or the new one, never a part.

    The file keeps its permissions; a new one is for the user alone.

    If two processes write at the same time, the later one wins. Processes that read, change and write a file also need
    :func:`~htmap_core.files.locks.locked`. Since 0.7. ::

        write_atomically(Path("state.json"), json.dumps(state))

    :param content: the new content; text is encoded as UTF-8.
    :raises OSError: the file cannot be written; the old content is untouched.
    """
    with put_in_place(path) as temporary:
        with open(temporary, "wb", opener=private_opener) as file:
            file.write(content.encode() if isinstance(content, str) else content)
        with contextlib.suppress(FileNotFoundError):  # a new file
            temporary.chmod(path.stat().st_mode)


@contextlib.contextmanager
def put_in_place(path: Path) -> Iterator[Path]:
    """Give a temporary path beside *path*, and rename the file or link that the block makes there to *path*.

    If the block raises, *path* stays as it was. Since 0.7. ::

        with put_in_place(Path("python.tar.gz")) as temporary:
            build_archive(temporary)
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
