"""What an executor with a tag remembers of earlier runs of its program."""

from __future__ import annotations

import copy
import enum
import time
from collections.abc import Callable, Mapping
from typing import Any, Optional

import attrs

from htmap_core.components import ComponentStatus
from htmap_core.contract.option_values import FIXED_INPUT_FILES
from htmap_core.exceptions import HTMapException
from htmap_core.executor.asked import Asked
from htmap_core.executor.recall import opening
from htmap_core.executor.recall.call_keys import CallKeys
from htmap_core.maps.drafts.options import merged_options
from htmap_core.maps.map import Map, engine_of
from htmap_core.storage.executors.keys import CallKey
from htmap_core.storage.executors.known_calls import KnownCalls
from htmap_core.storage.executors.opened import OpenTag
from htmap_core.storage.log import logger
from htmap_core.storage.root import make_htmap_dir
from htmap_core.tags import check_tag

_BY_USER = (1, 15)  # HTCondor's codes of holds that somebody has asked for, now or when the job was submitted
_FAILED = (ComponentStatus.ERRORED, ComponentStatus.REMOVED)


class Next(enum.Enum):
    """What is done next for a call that was found."""

    FOLLOW = "it is finished, or goes on by itself"
    RERUN = "it failed, so it runs again"
    RELEASE = "its job is held, so that is released"


@attrs.frozen
class Found:
    """A call that an earlier run of the program has submitted.

    :param digest: its fingerprint.
    """

    digest: bytes
    component: int
    next: Next


@attrs.frozen
class Recalled:
    """What is known of a call that is submitted now.

    :param key: by what it is found again, if it is submitted; None where it need not be.
    :param found: what an earlier run has left of it; None if it is to be submitted.
    """

    key: Optional[CallKey] = None
    found: Optional[Found] = None


UNKNOWN = Recalled()


class Memory:
    """What an executor with a tag remembers. Threads need a lock of their own.

    :param tag: the tag.
    :ivar left: the map that earlier runs have left; None if there is none, or nobody has asked yet.
    :raises InvalidTag: it cannot be a tag.
    :raises ExecutorInUse: another process has an executor with the tag open.
    :raises NotOfExecutor: the map with the tag is not an executor's.
    """

    def __init__(self, tag: str) -> None:
        self.left: Optional[Map[Any]] = None
        self._tag = check_tag(tag)
        self._keys = CallKeys(tag)
        self._calls: Optional[KnownCalls] = None
        self._problem: Optional[HTMapException] = None
        self._problem_lasts_until = 0.0
        self._next_of: Mapping[int, Next] = {}
        self._options: dict[
            tuple[int, str], bool
        ] = {}  # whether those of a portion are others, by the key of those of now
        self._open = OpenTag(make_htmap_dir(), tag)
        try:
            opening.check(tag)
        except BaseException:
            self._open.close()
            raise

    def recalled(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], asked: Asked
    ) -> Recalled:
        """Return what is known of a call. Of equal ones, the first that asks gets the first that was stored.

        :param asked: what it is to be submitted with, if it was not, or if it failed and has other options now.
        :raises CorruptMap: what earlier runs have left is damaged.
        :raises CondorError: the pool does not answer, which has to tell what became of a submission.
        """
        if self._calls is None:
            self._calls = self._opened_in_time()
        if self.left is not None and not self.left.exists:  # somebody has removed it on purpose
            self._calls = KnownCalls()
        key = self._keys.of(func, args, kwargs)
        digest = b"" if key.digest is None else bytes.fromhex(key.digest)
        component = self._calls.take(digest)
        if component is None:
            return Recalled(key)
        next_ = self._next_of.get(component, Next.FOLLOW)
        if next_ is not Next.FOLLOW and self._has_other_options(component, asked):
            return Recalled(key._replace(instead_of=component))
        return Recalled(key, Found(digest, component, next_))

    @property
    def map(self) -> Map[Any]:
        """The map that earlier runs have left, where something was found."""
        assert self.left is not None, "nothing is found without one"
        return self.left

    def put_back(self, found: Found) -> None:
        """Have a call be found again for which nothing could be done."""
        if self._calls is not None:
            self._calls.put_back(found.digest, found.component)

    def close(self) -> None:
        """Let executors of other processes have the tag."""
        self._open.close()

    def _opened_in_time(self) -> KnownCalls:
        """Open what earlier runs have left. An attempt in vain counts for as long as it took.

        A pool that does not answer costs HTCondor's timeouts, minutes for each call otherwise. What is mended is soon seen where
        it takes no time to look.
        """
        if self._problem is not None and time.monotonic() < self._problem_lasts_until:
            raise copy.copy(self._problem)
        began = time.monotonic()
        try:
            return self._opened()
        except HTMapException as problem:
            now = time.monotonic()
            self._problem, self._problem_lasts_until = problem, now + (now - began)
            raise

    def _opened(self) -> KnownCalls:
        """Open what earlier runs have left, and return the calls that it has."""
        self.left = opening.opened(self._tag)
        if self.left is None:
            return KnownCalls()
        engine = engine_of(self.left)
        calls = KnownCalls.of(engine.map_dir)
        self._next_of = {
            component: Next.RERUN for component, status in enumerate(engine.statuses()) if status in _FAILED
        } | {component: Next.RELEASE for component, hold in engine.holds().items() if hold.code not in _BY_USER}
        logger.info("executor %r: found %d calls of earlier runs", self._tag, len(calls))
        return calls

    def _has_other_options(self, component: int, asked: Asked) -> bool:
        """Return whether a call is to have other options than its component had."""
        portion = engine_of(self.map).map_dir.placement.portion_of(component)
        key = portion.submission, asked.key
        if key not in self._options:
            self._options[key] = _differ(merged_options(asked.options).to_dict(), portion.options)
        return self._options[key]


def _differ(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Return whether options are others now. Files that HTMap has sent by itself do not count."""
    files, sent = ({*map(str, each.get(FIXED_INPUT_FILES) or ())} for each in (now, then))
    names = (now.keys() | then.keys()) - {FIXED_INPUT_FILES}
    return not files <= sent or any(now.get(name) != then.get(name) for name in names)
