"""The guard around each call of a plugin's code: what it prints and returns, how long it may take, and who is to blame."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from htmap_core.condor import bindings
from htmap_core.contract.delivery import DeliveryMethod, RegisteredDeliveryMethod
from htmap_core.contract.pools import Pool
from htmap_core.contract.protocol import Sender
from htmap_core.display.short import short
from htmap_core.exceptions import HTMapException, InvalidOption, PluginError, PluginHangs, ReservedOptionKeyword
from htmap_core.exceptions.plugins import SWITCH_OFF
from htmap_core.plugins.guarding.answers import check_nothing, is_of_user, name_of, of_kind, options_among, values_of
from htmap_core.plugins.guarding.given_up import leave_behind
from htmap_core.plugins.guarding.printing import to_stderr
from htmap_core.plugins.guarding.tracing import is_traced, traced
from htmap_core.plugins.guarding.waiting import named_while_slow
from htmap_core.plugins.record import PluginRecord
from htmap_core.settings.tables import setting
from htmap_core.wording import describe

T = TypeVar("T")

_LIMIT = "PLUGINS.TIME_LIMIT"
_OF_DEFAULTS = {Pool.__module__, DeliveryMethod.__module__}
_ACTING = {RegisteredDeliveryMethod}  # which calls functions of the user's
_TRACED = f"HTMAP_TRACE_PLUGINS=1 shows where. {SWITCH_OFF}"


class Guard:
    """Calls the code of plugins, and blames a plugin for what its code does wrong."""

    def __init__(self) -> None:
        self._hanging: dict[tuple[str, str, int], threading.Thread] = {}

    def offer(self, record: PluginRecord, call: Callable[[], T]) -> T:
        """Call a hook that offers something. What it raises is raised as it is."""
        return traced(record, call, lambda: _quietly(call))

    def act(self, record: PluginRecord, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        """Call what edits its arguments and returns nothing: nobody would look at what it returns.

        :raises PluginError: it fails, or returns something. Of a coroutine or a generator, nothing has run.
        """
        check_nothing(record, call, self.call(record, call, *args, **kwargs))

    def rule(self, record: PluginRecord, call: Callable[..., Any]) -> Callable[..., None]:
        """Return what acts by the same rules, with little around each call: a map may have a hundred thousand files."""
        if is_traced():
            return functools.partial(self.act, record, call)

        def each(**given: Any) -> None:
            try:
                returned = _quietly(call, **given)
            except (Exception, SystemExit) as error:
                returned = _blamed(record, call, functools.partial(_raise, error))
            if returned:
                check_nothing(record, call, returned)

        return each

    def call(self, record: PluginRecord, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Call what may take its time. It is named on standard error where it takes more than questions may.

        :raises PluginError: it fails.
        """
        is_quick = _is_default(call)
        with contextlib.nullcontext() if is_quick else named_while_slow(_limit(), record, name_of(call)):
            return _unchanging(record, call, lambda: _quietly(call, *args, **kwargs), *args, *kwargs.values())

    def sender(self, record: PluginRecord, sender: Sender) -> Sender:
        """Return a sender of a transfer protocol that runs quietly. Its ValueErrors are about the URL, any other is its own."""

        def sent(url: str) -> str:
            try:
                with to_stderr():  # no more, because a map may have many
                    text = sender(url)
            except (HTMapException, ValueError):
                raise
            except (Exception, SystemExit) as error:
                reason = f"{name_of(sender)} failed for {url!r}: {describe(error)}"
                raise PluginError(record.name, record.distribution, reason) from error
            return of_kind(record, {str: "text"}, sender, text)

        return sent

    def take(self, record: PluginRecord, kinds: Mapping[type, str], call: Callable[..., T], /, *args: Any) -> T:
        """Call what may take its time, and take an answer of one of some kinds.

        :param kinds: the types that the answer may have, each as messages call it.
        :raises PluginError: it fails, or the answer is of another kind.
        """
        return of_kind(record, kinds, call, self.call(record, call, *args))

    def ask(
        self, record: PluginRecord, kinds: Mapping[type, str], call: Callable[..., T], /, *args: Any, **kwargs: Any
    ) -> T:
        """Ask for an answer of one of some kinds, within the time that the setting PLUGINS.TIME_LIMIT allows.

        :raises PluginError: it fails, or the answer is of another kind.
        :raises PluginHangs: there is no answer in time, or an earlier call of the same has not ended yet.
        """
        answer = _unchanging(record, call, lambda: self._in_time(record, call, *args, **kwargs), *args)
        return of_kind(record, kinds, call, answer)

    def ask_for_all(self, record: PluginRecord, type_: type[T], call: Callable[..., Any], /, **kwargs: Any) -> list[T]:
        """Ask for a list of objects of one type, likewise."""
        answer: list[T] = list(self.ask(record, {list: "a list", tuple: "a tuple"}, call, **kwargs))
        if wrong := [each for each in answer if not isinstance(each, type_)]:
            reason = f"{name_of(call)} must return {type_.__name__} objects, not {short(wrong)}"
            raise PluginError(record.name, record.distribution, reason)
        return answer

    def _in_time(self, record: PluginRecord, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Call in a thread, because nothing else gets a program out of a call that waits for a file system or a network."""
        if _is_default(call):
            return _quietly(call, *args, **kwargs)
        key = (record.name, name_of(call), id(getattr(call, "__self__", None)))  # a plugin may offer several pools
        limit, watch = _limit(), bindings.Watch()
        ended: list[tuple[T | None, BaseException | None]] = []

        def run() -> None:
            with bindings.watched(watch):
                try:
                    ended.append((_quietly(call, *args, **kwargs), None))
                except BaseException as error:  # raised again by who waits
                    ended.append((None, error))

        reason = f"{key[1]} gave no answer within {limit:g} seconds, and was given up"
        hangs = PluginHangs(record.name, record.distribution, reason, seconds=limit)
        if (before := self._hanging.get(key)) is not None and before.is_alive():
            raise hangs
        thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True, name=f"{key[:2]}")
        begin = time.monotonic()
        thread.start()
        while thread.is_alive():  # HTCondor's calls have limits of their own, and do not count
            if (left := limit + watch.seconds() - (time.monotonic() - begin)) <= 0:
                self._hanging[key] = thread
                leave_behind(thread)
                raise hangs
            thread.join(left)
        answer, error = ended[0]
        if error is not None:
            raise error
        return answer  # type: ignore[return-value]  # None only if that is the answer


def _is_default(call: Callable[..., Any]) -> bool:
    """Return whether a method is one that the plugin's class has not overridden: it returns a constant, or does nothing."""
    return getattr(call, "__module__", None) in _OF_DEFAULTS and type(getattr(call, "__self__", None)) not in _ACTING


def _limit() -> float:
    """Return the seconds that a question may take; infinity is more than a thread can wait."""
    return min(float(setting(_LIMIT)), threading.TIMEOUT_MAX / 2)


def _raise(error: BaseException) -> Any:
    raise error


def failure(record: PluginRecord, what: str, error: BaseException) -> PluginError:
    """Return that something of a plugin failed, with its name, the reason, and what shows where."""
    return PluginError(record.name, record.distribution, f"{what} failed: {describe(error)}", _TRACED)


def blame(record: PluginRecord, error: HTMapException) -> tuple[str, str]:
    """Return that a plugin could not answer, with its name and the reason, and what to do."""
    reason, _, advice = str(error).partition("\n")
    return (reason if isinstance(error, PluginError) else f"{record.author}: {reason}"), advice


def _quietly(call: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    with to_stderr():
        return call(*args, **kwargs)


def _unchanging(record: PluginRecord, call: Callable[..., Any], run: Callable[[], T], /, *given: Any) -> T:
    """Run a call of a plugin's code likewise, and see that it leaves the options of the map as they are.

    :raises PluginError: it has changed them: it meant to change the submit description, which would stay as it is.
    """
    if _is_default(call):
        return _blamed(record, call, run, *given)
    before = values_of(options := options_among(given))
    returned = _blamed(record, call, run, *given)
    if values_of(options) != before:
        reason = f"{name_of(call)} has changed the map's options, which has no effect: steps edit `submit`"
        raise PluginError(record.name, record.distribution, reason, _TRACED)
    return returned


def _blamed(record: PluginRecord, call: Callable[..., Any], run: Callable[[], T], /, *given: Any) -> T:
    """Run a call of a plugin's code. What it raises has its text for the user, and its traceback for the plugin's author."""
    try:
        return traced(record, call, run, *given)
    except HTMapException as error:
        record.traceback = traceback.format_exc()
        if (problem := _problem_with_text(error)) is not None:
            reason = f"{name_of(call)} raised {type(error).__name__}, {problem}"
            raise PluginError(record.name, record.distribution, reason, _TRACED) from error.with_traceback(None)
        _attribute(error, record, *given)
        raise error.with_traceback(None)
    except (Exception, SystemExit) as error:
        record.traceback = traceback.format_exc()
        raise failure(record, name_of(call), error) from error.with_traceback(None)


def _attribute(error: HTMapException, record: PluginRecord, *given: Any) -> None:
    """Say that a refused value is the plugin's, unless the user has given the option: a description does not know who sets it."""
    if not isinstance(error, (InvalidOption, ReservedOptionKeyword)) or error.origin is not None:
        return
    if not is_of_user(error.name, given):
        error.origin = record.author


def _problem_with_text(error: HTMapException) -> str | None:
    """Return what is wrong with the text of an exception of a plugin's own, which is all that users see; None if nothing is."""
    try:
        return None if str(error).strip() else "which has no text"
    except Exception as failure:  # of its own `__str__`
        return f"whose text cannot be had: {describe(failure)}"
