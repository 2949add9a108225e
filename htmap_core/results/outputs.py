"""The inputs, standard output and error, and output files of components: sequences with one item for each component."""

from __future__ import annotations

import datetime
import sys
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, SupportsIndex, TypeVar, overload

import attrs

from htmap_core.components import ComponentStatus
from htmap_core.exceptions import HeldWithoutOutput, MapComponentHeld, NoOutputLeft, OutputNotFound
from htmap_core.results.engine import Engine
from htmap_core.results.outcome import is_settled
from htmap_core.results.reader import Input
from htmap_core.settings.waiting import Timeout

T = TypeVar("T")


class _OfComponents(Sequence[T], Generic[T]):
    """A sequence with one item for each component. A slice is a list of them. Nothing waits."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def _existing(self) -> Engine:
        """The engine, after checking that the map has not been removed."""
        self._engine.map.check_existence()
        return self._engine

    @abstractmethod
    def _now(self, component: int) -> T:
        """Return the item of a component, counted from the front, without waiting."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(Map(tag = {self._engine.map.tag}))"

    def __len__(self) -> int:
        return len(self._existing.components)

    def __contains__(self, component: object) -> bool:
        """Return whether the map has a component with this index."""
        return self._existing.has(component)

    @overload
    def __getitem__(self, component: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, component: slice) -> list[T]: ...
    def __getitem__(self, component: SupportsIndex | slice) -> T | list[T]:
        """Return the item of a component without waiting; of a slice, a list of items.

        :raises ComponentNotFound: the map has no such component; an IndexError.
        """
        if isinstance(component, slice):
            return [self._now(number) for number in self._existing.components[component]]
        return self._now(self._existing.from_front(component))


class MapInputs(_OfComponents[Input]):
    """The inputs of each component: ``(args, kwargs)``, the arguments of the call. Since 0.7.

    ::

        mapped = htmap.map(abs, [-1, -2, -3])
        print(mapped.inputs[1], mapped.inputs[1:])  #> ((-2,), {}) [((-2,), {}), ((-3,), {})]
    """

    def _now(self, component: int) -> Input:
        return self._engine.input(component)


class _PerComponent(_OfComponents[T]):
    """What components leave. :meth:`get` and a call wait for the item of one, an index does not.

    An index raises NoOutputLeft if the component has not ended or left nothing, and HeldWithoutOutput if it is held and has left
    nothing; both are FileNotFoundErrors.
    """

    what: ClassVar[str]  # how messages call the items

    @abstractmethod
    def _item(self, component: int, status: ComponentStatus) -> T:
        """Return the item of a component that has ended or is held.

        :raises FileNotFoundError: the component left nothing.
        """

    def _now(self, component: int) -> T:
        while is_settled(status := self._engine.status(component)):
            try:
                return self._found(component, status)
            except OutputNotFound:  # it runs again
                continue
        raise NoOutputLeft(self._engine.map.current_tag(), component, str(status), self.what)

    def get(self, component: SupportsIndex, timeout: Timeout = None) -> T:
        """Wait until a component has ended, and return its item.

        :param timeout: seconds or a timedelta; None waits for ever.
        :raises TimeoutError: the time is over.
        :raises HeldWithoutOutput: the component is held, and has left nothing; a MapComponentHeld and a FileNotFoundError.
        :raises NoOutputLeft: the component left nothing; a FileNotFoundError.
        """
        return self._engine.awaited(self._existing.from_front(component), timeout, self._found)

    __call__ = get

    def _found(self, component: int, status: ComponentStatus) -> T:
        """Return the item of a component that had *status* a moment ago; raises OutputNotFound if it runs again."""

        def look() -> T:
            try:
                return self._item(component, status)
            except FileNotFoundError:
                raise self._nothing(component, status) from None

        return self._engine.consistent(component, status, look)

    def _nothing(self, component: int, status: ComponentStatus) -> NoOutputLeft | HeldWithoutOutput:
        """Return the reason why a component that has ended or is held left nothing."""
        if status is ComponentStatus.HELD:
            held = self._engine.errors.problem(component, status)
            if isinstance(held, MapComponentHeld):
                return HeldWithoutOutput(**attrs.asdict(held, recurse=False))
        note = self._engine.states.note(component)
        return NoOutputLeft(self._engine.map.current_tag(), component, str(status), self.what, note)


class _Stream(_PerComponent[str]):
    stream: ClassVar[str]  # its name in files

    def __init__(self, engine: Engine, errors: str = "replace") -> None:
        """Make the sequence; *errors* says what becomes of bytes that are no text, as for ``bytes.decode``."""
        super().__init__(engine)
        self._errors = errors

    def _item(self, component: int, status: ComponentStatus) -> str:
        try:
            returned = self._engine.errors.returned(component)
            has_ended = component in returned.statuses
        except FileNotFoundError:
            has_ended = False
        if not has_ended:
            said = self._engine.map_dir.outputs.last_words(self._engine.job(component), self.stream, sys.maxsize)
            if said is None or (not said and status is ComponentStatus.HELD):
                raise FileNotFoundError(self.stream)
            return said.decode(errors=self._errors)  # of all components of the job: no file says whose it is
        text = returned.output(component, self.stream).decode(errors=self._errors)
        return self._framed(text, component, returned.run(component), returned.record(component))

    def _framed(self, text: str, component: int, run: dict[str, Any], record: dict[str, Any]) -> str:
        return text


class MapStdOut(_Stream):
    """The standard output of each component, in a frame that says where and when it ran.

    An index does not wait; :meth:`get` and a call do. Since 0.6 or earlier::

        mapped = htmap.map(print, ["a", "b"])
        print(mapped.stdout.get(1, timeout=600))
        print(mapped.stdout[1])
    """

    stream = "stdout"
    what = "standard output"

    def follow(self, component: SupportsIndex, timeout: Timeout = None) -> Iterator[str]:
        """Return an iterator over the output of a component while it runs, until it has ended or is held. Since 0.7.

        If several components share the job, the output is that of all of them.

        :param timeout: how long to wait until the component runs, in seconds or a timedelta; None waits for ever.
        :raises TimeoutError: the time is over.
        :raises CannotFollow: ``condor_tail`` is missing on this machine, or does not work.
        """
        from htmap_core.results import following  # 10 ms with subprocess, and seldom needed

        return following.follow(self._existing, self._engine.from_front(component), timeout, self._errors)

    def _framed(self, text: str, component: int, run: dict[str, Any], record: dict[str, Any]) -> str:
        host, runtime = run["host"], run["runtime"]
        began, ended = (datetime.datetime.fromtimestamp(record[key]).isoformat(sep=" ") for key in ("start", "end"))
        return (
            f"Landed on execute node {host['name']} ({host['address']}) at {began} as {host['user']}\n\n"
            f"Python executable is {runtime['executable']} (version {runtime['python']})\n\n"
            f"Running component {component}\n\n"
            f"----- MAP COMPONENT OUTPUT START -----\n\n{text}\n----- MAP COMPONENT OUTPUT END -----\n\n"
            f"Finished executing component at {ended}\n"
        )


class MapStdErr(_Stream):
    """The standard error of each component.

    An index does not wait; :meth:`get` and a call do. Since 0.6 or earlier::

        mapped = htmap.map(lambda text: print(text, file=sys.stderr), ["a", "b"])
        print(mapped.stderr.get(1, timeout=600))  #> b
    """

    stream = "stderr"
    what = "standard error"


class MapOutputFiles(_PerComponent[Path]):
    """The folder with the output files of each component; an empty folder if it sent none.

    An index does not wait; :meth:`get` and a call do. Since 0.6 or earlier::

        mapped = htmap.map(abs, [-1])
        print(list(mapped.output_files.get(0, timeout=600).iterdir()))  #> []
    """

    what = "output files"

    def _item(self, component: int, status: ComponentStatus) -> Path:
        self._engine.errors.returned(component)
        return self._engine.map_dir.outputs.files(self._engine.job(component), component)
