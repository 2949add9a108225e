"""The log of what HTMap did to maps: HTMAP_DIR/logs/htmap.log, and the handlers of the user's program."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, cast

from htmap_core import names
from htmap_core.exceptions import UnsafePath
from htmap_core.files.ownership import make_folder, private_opener
from htmap_core.storage.root import htmap_dir

if TYPE_CHECKING:
    from io import TextIOWrapper
    from logging.handlers import RotatingFileHandler

_SIZE = 1_000_000  # bytes
_OLDER_FILES = 3

logger = logging.getLogger("htmap")


def log_file() -> Path:
    """Return the path of the log; the first record creates the file."""
    return htmap_dir() / names.LOGS / "htmap.log"


class _Log(logging.Handler):
    """Write records to the log in the present HTMAP_DIR. The first record opens the file and makes its folder."""

    def __init__(self) -> None:
        super().__init__()
        self._file: RotatingFileHandler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, and pass the record on if the program wants records of its level."""
        try:
            self._opened(log_file()).emit(record)
        except (OSError, UnsafePath):
            self.handleError(record)  # a full disk must not stop HTMap
        root = logging.getLogger()
        if root.isEnabledFor(record.levelno):
            root.handle(record)

    def _opened(self, path: Path) -> RotatingFileHandler:
        if self._file is None or Path(self._file.baseFilename) != path:
            from logging.handlers import RotatingFileHandler  # 10 ms

            if self._file is not None:
                self._file.close()

            class PrivateFile(RotatingFileHandler):
                def _open(self) -> TextIOWrapper:
                    file = open(self.baseFilename, self.mode, encoding=self.encoding, opener=private_opener)
                    return cast("TextIOWrapper", file)

            make_folder(path.parent)
            self._file = PrivateFile(path, maxBytes=_SIZE, backupCount=_OLDER_FILES, encoding="utf-8", delay=True)
            self._file.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
        return self._file

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        super().close()


# The file gets all records, whatever the level of the program. So only this handler passes records to the root logger.
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(_Log())
