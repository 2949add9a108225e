"""The guard around each call of a plugin's code: what it prints and returns, how long it may take, and who is to blame."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from htmap_core.condor import bindings
from htmap_core.contract.pools import Pool, PoolAddress
from htmap_core.contract.protocol import Sender
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import HTMapException, InvalidOption, PluginError, PluginHangs, ReservedOptionKeyword
from htmap_core.exceptions.plugins import SWITCH_OFF
from htmap_core.plugins.printing import programs_to_stderr, to_stderr
from htmap_core.plugins.record import PluginRecord
from htmap_core.settings.tables import setting
from htmap_core.wording import describe

if TYPE_CHECKING:
    import pluggy

T = TypeVar("T")

_LIMIT = "PLUGINS.TIME_LIMIT"
_WIDTH = 200  # characters of what was returned
_TRACED = f"HTMAP_TRACE_PLUGINS=1 shows where. {SWITCH_OFF}"


class Guard:
    """Calls the code of plugins, and blames a plugin for what its code does wrong."""

    def __init__(self) -> None:
        self._hanging: dict[tuple[str, str], threading.Thread] = {}

    def offer(self, record: PluginRecord, call: Callable[[], T]) -> T:
        """Call a hook that offers something. What it raises is raised as it is."""
        return _traced(record, call, lambda: _quietly(call))

    def act(self, record: PluginRecord, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        """Call what edits its arguments and returns nothing: nobody would look at what it returns.

        :raises PluginError: it fails, or returns something. Of a coroutine or a generator, nothing has run.
        """
        _check_nothing(record, call, self.call(record, call, *args, **kwargs))

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
                _check_nothing(record, call, returned)

        return each

    def call(self, record: PluginRecord, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Call what may take its time.

        :raises PluginError: it fails.
        """
        return _blamed(record, call, lambda: _quietly(call, *args, **kwargs), *args, *kwargs.values())

    def sender(self, record: PluginRecord, sender: Sender) -> Sender:
        """Return a sender of a transfer protocol that runs quietly. Its ValueErrors are about the URL, any other is its own."""

        def sent(url: str) -> str:
            try:
                with to_stderr():  # no more, because a map may have many
                    text = sender(url)
            except (HTMapException, ValueError):
                raise
            except (Exception, SystemExit) as error:
                reason = f"{_name(sender)} failed for {url!r}: {describe(error)}"
                raise PluginError(record.name, record.distribution, reason) from error
            return _of_kind(record, {str: "text"}, sender, text)

        return sent

    def take(self, record: PluginRecord, kinds: Mapping[type, str], call: Callable[..., T], /, *args: Any) -> T:
        """Call what may take its time, and take an answer of one of some kinds.

        :param kinds: the types that the answer may have, each as messages call it.
        :raises PluginError: it fails, or the answer is of another kind.
        """
        return _of_kind(record, kinds, call, self.call(record, call, *args))

    def ask(
        self, record: PluginRecord, kinds: Mapping[type, str], call: Callable[..., T], /, *args: Any, **kwargs: Any
    ) -> T:
        """Ask for an answer of one of some kinds, within the time that the setting PLUGINS.TIME_LIMIT allows.

        :raises PluginError: it fails, or the answer is of another kind.
        :raises PluginHangs: there is no answer in time, or an earlier call of the same has not ended yet.
        """
        answer = _blamed(record, call, lambda: self._in_time(record, call, *args, **kwargs))
        return _of_kind(record, kinds, call, answer)

    def ask_for_all(self, record: PluginRecord, type_: type[T], call: Callable[..., Any], /, **kwargs: Any) -> list[T]:
        """Ask for a list of objects of one type, likewise."""
        answer: list[T] = list(self.ask(record, {list: "a list", tuple: "a tuple"}, call, **kwargs))
        if wrong := [each for each in answer if not isinstance(each, type_)]:
            reason = f"{_name(call)} must return {type_.__name__} objects, not {_short(wrong)}"
            raise PluginError(record.name, record.distribution, reason)
        return answer

    def _in_time(self, record: PluginRecord, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Call in a thread, because nothing else gets a program out of a call that waits for a file system or a network."""
        limit, key, watch = float(setting(_LIMIT)), (record.name, _name(call)), bindings.Watch()
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
        thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True, name=f"{key}")
        begin = time.monotonic()
        thread.start()
        while thread.is_alive():  # HTCondor's calls have limits of their own, and do not count
            if (left := limit + watch.seconds() - (time.monotonic() - begin)) <= 0:
                self._hanging[key] = thread
                raise hangs
            thread.join(left)
        answer, error = ended[0]
        if error is not None:
            raise error
        return answer  # type: ignore[return-value]  # None only if that is the answer


def _check_nothing(record: PluginRecord, call: Callable[..., Any], returned: Any) -> None:
    """Check that what edits its arguments has returned nothing.

    :raises PluginError: it returned something, or is a coroutine or a generator.
    """
    for each in returned if isinstance(returned, list) else [returned]:  # the caller of a hook returns a list
        if inspect.iscoroutine(each):
            each.close()  # or else Python warns of it, too
        if inspect.iscoroutine(each) or inspect.isgenerator(each) or inspect.isasyncgen(each):
            reason = f"{_name(call)} must be a plain function: it returned {each!r}, and nothing of it has run"
            raise PluginError(record.name, record.distribution, reason)
        if each is not None:
            reason = f"{_name(call)} must edit what it is given and return nothing, but it returned {_short(each)}"
            raise PluginError(record.name, record.distribution, reason)


def _raise(error: BaseException) -> Any:
    raise error


def only_answer(hook: pluggy.HookCaller) -> Callable[..., Any]:
    """Return what calls a hook of one plugin and returns its answer. A caller of a hook returns a list, without any None."""

    def answer(**given: Any) -> Any:
        return next(iter(hook(**given)), None)

    answer.__name__ = hook.name
    return answer


def blame(record: PluginRecord, error: HTMapException) -> tuple[str, str]:
    """Return that a plugin could not answer, with its name and the reason, and what to do."""
    reason, _, advice = str(error).partition("\n")
    return (reason if isinstance(error, PluginError) else f"{record.author}: {reason}"), advice


def _quietly(call: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    with to_stderr():
        return call(*args, **kwargs)


def _of_kind(record: PluginRecord, kinds: Mapping[type, str], call: Callable[..., Any], answer: T) -> T:
    if isinstance(answer, tuple(kinds)):
        return answer
    reason = f"{_name(call)} must return {' or '.join(kinds.values())}, not {_short(answer)}"
    raise PluginError(record.name, record.distribution, reason)


def names_of(offer: Sequence[Any], type_: type, key: str) -> list[str]:
    """Return the names of what a hook offers.

    :raises TypeError: it offers something else, or what could not be used; whatever a property of the plugin's class raises.
    """
    if wrong := [each for each in offer if not isinstance(each, type_)]:
        raise TypeError(f"must return {type_.__name__} objects, not {wrong!r}")
    names = [getattr(each, key, None) for each in offer]
    if not all(isinstance(name, str) and name for name in names):
        raise TypeError(f"must return {type_.__name__} objects with a {key}, not {names!r}")
    odd: list[Any]
    pools = [each for each in offer if isinstance(each, Pool)]
    if odd := [each.rank for each in pools if not isinstance(each.rank, (int, float))]:
        raise TypeError(f"must return {type_.__name__} objects whose rank is a number, not {odd!r}")
    if odd := [each.delivery_method for each in pools if not isinstance(each.delivery_method, (str, type(None)))]:
        raise TypeError(f"must return {type_.__name__} objects whose delivery_method is a name or None, not {odd!r}")
    return [str(name) for name in names]


def problem_with_address(address: PoolAddress | None, pool: str) -> str | None:
    """Return what is wrong with the address that *pool* has given, as it follows the name of what gave it; None if nothing is."""
    if address is None:
        return None
    if address.pool != pool or not all(
        isinstance(each, (str, type(None))) for each in (address.schedd, address.collector)
    ):
        return f"must return an address of the pool {pool!r}, with a schedd and a collector of text or none, not {address!r}"
    if address.configuration is not None and not address.configuration.is_file():
        return f"must return an address whose configuration is a file, not {str(address.configuration)!r}"
    if address.collector is not None and len(address.collector.split()) != 1:
        return (
            f"must return an address with one host, and perhaps its port, as the collector, not {address.collector!r}"
        )
    return None


def _blamed(record: PluginRecord, call: Callable[..., Any], run: Callable[[], T], /, *given: Any) -> T:
    """Run a call of a plugin's code. What it raises has its text for the user, and its traceback for the plugin's author."""
    try:
        return _traced(record, call, run, *given)
    except HTMapException as error:
        record.traceback = traceback.format_exc()
        if isinstance(error, (InvalidOption, ReservedOptionKeyword)) and error.origin is None:
            error.origin = record.author  # a submit description does not know why it is given a value
        raise error.with_traceback(None)  # noqa: B904 -- the error itself
    except (Exception, SystemExit) as error:
        record.traceback = traceback.format_exc()
        reason = f"{_name(call)} failed: {describe(error)}"
        raise PluginError(record.name, record.distribution, reason, _TRACED) from error.with_traceback(None)


def _traced(record: PluginRecord, call: Callable[..., Any], run: Callable[[], T], /, *given: Any) -> T:
    """Run a call of a plugin's code. With HTMAP_TRACE_PLUGINS=1 tell on standard error what it did, and how long it took."""
    submit = next((each for each in given if isinstance(each, SubmitDescription)), None)
    before, begin = None if submit is None else _everything(submit), time.perf_counter()
    try:
        with (
            programs_to_stderr(),
            contextlib.nullcontext() if submit is None else submit.authors.writing(record.author),
        ):
            returned = run()
    except BaseException:
        trace(record, _name(call), begin, lambda: f"raised\n{traceback.format_exc().rstrip()}")
        raise
    trace(record, _name(call), begin, lambda: _short(returned) if before is None else _changes(before, submit))
    return returned


def is_traced() -> bool:
    """Return whether the user wants to know what plugins do."""
    return os.environ.get("HTMAP_TRACE_PLUGINS", "") not in {"", "0"}


def trace(record: PluginRecord, what: str, begin: float, outcome: Callable[[], str]) -> None:
    """Tell, if the user wants to know, what a plugin did since *begin*, a time of ``perf_counter``."""
    if is_traced():
        took = 1000 * (time.perf_counter() - begin)
        print(f"plugin {record.name!r}: {what}, {took:.1f} ms: {outcome()}", file=sys.stderr)  # noqa: T201 -- asked for


def _everything(submit: SubmitDescription) -> dict[str, str]:
    besides = {"universe": submit.universe, "executable": submit.executable}
    files = {f"transfer_input_files {path}": "added" for path in submit.input_files}
    plugins = {f"transfer_plugins {scheme}": path for scheme, path in submit.transfer_plugins.items()}
    return {**besides, **files, **plugins, **submit.commands()}


def _changes(before: Mapping[str, str], submit: SubmitDescription | None) -> str:
    after = {} if submit is None else _everything(submit)
    told = [f"{name} = {text}" for name, text in after.items() if before.get(name) != text]
    gone = [f"without {name}" for name in before if name not in after]
    return "; ".join([*told, *gone]) or "nothing changed"


def _name(call: Any) -> str:
    return str(getattr(call, "name", None) or getattr(call, "__name__", "a call"))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}..."
