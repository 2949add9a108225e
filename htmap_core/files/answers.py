"""Answers that were dear to get, such as the collector's about slots, kept for some minutes for all programs of the user."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from htmap_core.files.atomic import write_atomically
from htmap_core.files.ownership import make_folder
from htmap_core.files.reading import UNREADABLE, read_file
from htmap_core.files.sealed import checksum, seal, unseal

logger = logging.getLogger("htmap")

KEPT = 300.0  # seconds: slots tell the collector no more often about themselves (UPDATE_INTERVAL)
MOST = 100  # answers in a file, which is written as a whole


@attrs.define
class Answers:
    """The answers about one pool, in a file that each process may lose or damage: the collector is asked again then.

    :param file: the file, which may not exist.
    :param configuration: the pool's configuration file; when it is written anew, older answers are not believed.
    """

    file: Path
    configuration: Path | None

    @classmethod
    def of(cls, folder: Path, configuration: Path | None, collector: str | None) -> Answers:
        """Return the answers about a pool, in a folder with those about all pools."""
        pool = json.dumps([str(configuration), collector])
        return cls(folder / checksum(pool.encode()), configuration)

    def get(self, question: str) -> Any:
        """Return the answer to a question; None if it is not known or too old."""
        _, answer = self._read().get(question, (0.0, None))
        return answer

    def put(self, question: str, answer: object) -> None:
        """Keep an answer that the collector gave now: values that JSON knows."""
        newest = list(self._read().items())[-MOST + 1 :]
        answers = {**dict(newest), question: [time.time(), answer]}
        try:
            make_folder(self.file.parent)
            write_atomically(self.file, seal({"configuration": self._changed(), "answers": answers}))
        except OSError as error:
            logger.info("the collector's answers about slots are not kept: %s", error)

    def _read(self) -> Mapping[str, Any]:
        """Return for each question when the collector was asked, and what it answered; the latest one comes last."""
        try:
            content = unseal(read_file(self.file))
            answers = content["answers"] if content["configuration"] == self._changed() else {}
            return {each: found for each, found in answers.items() if 0 <= time.time() - found[0] < KEPT}
        except FileNotFoundError:
            return {}
        except UNREADABLE as error:
            logger.info("the kept answers about slots cannot be read: %s", error)
            return {}

    def _changed(self) -> int | None:
        """Return when the configuration file was written: a personal pool writes it each time that it starts."""
        try:
            return None if self.configuration is None else self.configuration.stat().st_mtime_ns
        except OSError:
            return None
