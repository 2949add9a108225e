"""What components wrote and sent back, as sequences with one item for each component."""

from __future__ import annotations

import datetime
import sys
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar, overload

from htmap_core.components import ComponentStatus
from htmap_core.results.engine import Engine
from htmap_core.results.outcome import is_settled
from htmap_core.settings.waiting import Timeout

T = TypeVar("T", str, Path)


class _PerComponent(Sequence[T], Generic[T]):
    """One item for each component; :meth:`get` and calling wait for it, an index does not."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def _existing(self) -> Engine:
        """The engine of a map that has not been removed."""
        self._engine.map.check_existence()
        return self._engine

    @abstractmethod
    def _item(self, component: int) -> T:
        """Return the item of a component that is known to have ended.

        :raises FileNotFoundError: it left nothing at all.
        """

    def __repr__(self) -> str:
        return f"{type(self).__name__}(Map(tag = {self._engine.map.tag}))"

    def __len__(self) -> int:
        return len(self._existing.components)

    def __contains__(self, component: object) -> bool:
        """Return whether the map has a component of this index."""
        return self._existing.has(component)

    @overload
    def __getitem__(self, component: int) -> T: ...
    @overload
    def __getitem__(self, component: slice) -> list[T]: ...
    def __getitem__(self, component: int | slice) -> T | list[T]:
        """Return the item of a component without waiting.

        :raises FileNotFoundError: the component has not ended, or left nothing.
        """
        if isinstance(component, slice):
            return [self[number] for number in range(*component.indices(len(self)))]
        component = self._existing.from_front(component)
        status = self._engine.status(component)
        if not is_settled(status):
            raise FileNotFoundError(
                f"component {component} of map {self._engine.map.tag!r} is {status}; `get({component})` waits for it to end"
            )
        return self._item(component)

    def get(self, component: int, timeout: Timeout = None) -> T:
        """Return the item of a component, waiting until it has ended.

        :param timeout: seconds or a timedelta; None waits for ever.
        :raises TimeoutError: the time was over first.
        :raises MapComponentHeld: the component is held, and has left nothing.
        :raises FileNotFoundError: the component left nothing.
        """
        component = self._existing.from_front(component)
        status = self._engine.await_component(component, timeout)
        try:
            return self._item(component)
        except FileNotFoundError:
            if status is ComponentStatus.HELD:  # so its run will not be over by itself
                raise self._engine.errors.problem(component, status) from None
            raise

    __call__ = get


class _Stream(_PerComponent[str]):
    stream: ClassVar[str]

    def _item(self, component: int) -> str:
        outputs, job = self._engine.map_dir.outputs, self._engine.job(component)
        try:
            index, entry = self._engine.errors.entry(component)
        except FileNotFoundError:
            if not outputs.has(job, self.stream):
                raise
            return outputs.tail(job, self.stream, sys.maxsize)  # of all the job's components: nobody said whose it is
        begin, end = entry.get(self.stream) or (0, 0)
        return self._framed(outputs.text(job, self.stream, begin, end), component, index, entry)

    def _framed(self, text: str, component: int, index: dict[str, Any], entry: dict[str, Any]) -> str:
        return text


class MapStdOut(_Stream):
    """What each component wrote to its standard output, in a frame that says where and when it ran.

    ``map.stdout[3]`` does not wait; ``map.stdout.get(3)`` and ``map.stdout(3)`` do.
    """

    stream = "stdout"

    def follow(self, component: int, timeout: Timeout = None) -> Iterator[str]:
        """Return an iterator over what a component writes, as it writes it; it ends when the component has ended or is held.

        Where several components share a job, it is what all of them write.

        :param timeout: how long to wait until it runs, in seconds or a timedelta; None waits for ever.
        :raises TimeoutError: the time was over first.
        :raises CannotFollow: this machine or the pool cannot show it.
        """
        from htmap_core.results import following  # with subprocess 10 ms, and seldom asked for

        return following.follow(self._existing, self._engine.from_front(component), timeout)

    def _framed(self, text: str, component: int, index: dict[str, Any], entry: dict[str, Any]) -> str:
        host, runtime = index["host"], index["runtime"]
        began, ended = (datetime.datetime.fromtimestamp(entry[key]).isoformat(sep=" ") for key in ("start", "end"))
        return (
            f"Landed on execute node {host['name']} ({host['address']}) at {began} as {host['user']}\n\n"
            f"Python executable is {runtime['executable']} (version {runtime['python']})\n\n"
            f"Running component {component}\n\n"
            f"----- MAP COMPONENT OUTPUT START -----\n\n{text}\n----- MAP COMPONENT OUTPUT END -----\n\n"
            f"Finished executing component at {ended}\n"
        )


class MapStdErr(_Stream):
    """What each component wrote to its standard error.

    ``map.stderr[3]`` does not wait; ``map.stderr.get(3)`` and ``map.stderr(3)`` do.
    """

    stream = "stderr"


class MapOutputFiles(_PerComponent[Path]):
    """The folder with the files that each component sent back; it is empty where there were none.

    ``map.output_files[3]`` does not wait; ``map.output_files.get(3)`` does.
    """

    def _item(self, component: int) -> Path:
        self._engine.errors.entry(component)
        return self._engine.map_dir.outputs.files(self._engine.job(component), component)
