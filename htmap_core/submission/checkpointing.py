"""Checkpoints, and results before the end of a job: whether a map has them, and how they leave the execute node."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.abc import InspectLoader
from types import CodeType

import attrs

from htmap_core.contract.option_values import EXIT, span, truth
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import InvalidOption
from htmap_core.language.expressions import quoted
from htmap_core.results.pickling import Pickled
from htmap_core.submission import exit_policy
from htmap_run import codes, names

_OURS = {"htmap", "htmap_core", "htmap_run"}


_MORE_MEMORY = ("retry_request_memory", "retry_request_memory_increase")
_DECIDE_AT_EXIT = ("on_exit_remove", "on_exit_hold", "retry_until", "success_exit_code")
_INTERVAL = 60  # seconds: what is lost with a host is less than what two minutes have brought
_INTERVAL_OF_EXITS = 600  # each makes the function begin anew, with its imports and what it loads
_RESULTS, _WORDS = "results_interval", {"true", "false"}
_SHORTEST, _LONGEST = 10, 600  # seconds between two saves of a job
_PERCENT, _PERCENT_IF_TOLD = 2, 100  # of the time, which saves may take
_AT_A_TIME = 10_000  # jobs: HTCondor's default of MAX_JOBS_RUNNING
_SAVES_IN_A_SECOND = 2
_MEGABYTES, _MEGABYTES_OF_ALL = 100, 10_000  # in the schedd's spool, of a job and of the map


@attrs.frozen
class Checkpointing:
    """The checkpoints of a map.

    :param is_on: whether its jobs keep checkpoints.
    :param by_exit: whether a job ends for HTCondor to fetch them, and is started again.
    :param interval: the seconds that lie at least between two that leave the execute node.
    """

    is_on: bool
    by_exit: bool
    interval: int


def checkpointing(function: Pickled, options: MapOptions) -> Checkpointing:
    """Return how a map keeps checkpoints: the options decide, or else whether its function mentions them.

    :raises InvalidOption: an option has another value than it may have.
    """
    exits = by_exit(options)
    given = options.text("checkpoint_interval")
    interval = span("checkpoint_interval", given) if given is not None else None
    default = _INTERVAL_OF_EXITS if exits else _INTERVAL
    return Checkpointing(
        is_on=exits or _is_on(function, options), by_exit=exits, interval=default if interval is None else interval
    )


def describe(submit: SubmitDescription, plan: MapPlan) -> None:
    """Have HTCondor save what there is of a job that ends for that, and start it again.

    A job does so for its checkpoints, if the map asks for it. One of several components does it from time to time, so that its
    results come early, and before it gets more memory: HTCondor transfers nothing of a job that used too much. If HTMap has
    chosen them, also before its time is over: then it leaves its slot, and its next run has the whole time.

    :raises InvalidOption: the destination of checkpoints is no URL: HTCondor would look for them in the map's directory.
    :raises SubmitConflict: the user wants another exit code for it.
    """
    gets_more_memory = plan.jobs < plan.components and any(submit.has(name) for name in _MORE_MEMORY)
    if (rules := _saves(submit, plan)) is not None:
        submit.set_attribute(names.SAVES, quoted(rules))
        if plan.is_chosen and may_leave(plan.options) and not any(map(submit.has, _DECIDE_AT_EXIT)):
            submit.set_attribute(names.LEAVES, exit_policy.retries_of_exceptions(plan.options))
    tell = submit.set if by_exit(plan.options) else submit.set_default if gets_more_memory or rules else None
    if tell is None:
        return
    tell("checkpoint_exit_code", str(codes.SAVED))
    tell("transfer_checkpoint_files", names.RETURN)
    destination = submit.get("checkpoint_destination")
    if destination is not None and "://" not in destination:
        raise InvalidOption("checkpoint_destination", destination, "must be a URL, such as https://data.example.org/me")


def _saves(submit: SubmitDescription, plan: MapPlan) -> str | None:
    """Return how often results leave a job before its end, as :class:`htmap_run.files.saves.Rules` reads it; None for never.

    All jobs of a map together save twice a second at most, and 10 GB at a time: others use the schedd, too. What is sent to a
    destination of the user's, or under an exit code of theirs, is left to them.
    """
    given = plan.options.text(_RESULTS)
    word = str(given).casefold()
    seconds = None if given is None or word in _WORDS else span(_RESULTS, given)
    is_theirs = submit.has("checkpoint_exit_code") or (given is None and submit.has("checkpoint_destination"))
    if plan.jobs == plan.components or is_theirs or word == "false" or submit.universe == "docker":
        return None
    jobs = min(plan.jobs, _AT_A_TIME)
    megabytes = min(_MEGABYTES, max(_MEGABYTES_OF_ALL // jobs, 1))
    if seconds is not None:
        return f"{seconds} {seconds} {megabytes} {_PERCENT_IF_TOLD}"
    shortest = max(_SHORTEST, jobs // _SAVES_IN_A_SECOND)
    return f"{shortest} {max(_LONGEST, shortest)} {megabytes} {_PERCENT}"


def may_leave(options: MapOptions) -> bool:
    """Return whether a job may leave its slot before its time is over, and go on later, as far as options say.

    Where results do not leave a job before its end, and where the user says what becomes of its exit codes, it may not.
    """
    if str(options.text(_RESULTS)).casefold() == "false" or options.text("universe") == "docker":
        return False
    return not any(name in options for name in (*_DECIDE_AT_EXIT, "checkpoint_exit_code", "checkpoint_destination"))


def by_exit(options: MapOptions) -> bool:
    """Return whether the jobs of a map end for HTCondor to fetch their checkpoints."""
    return str(options.text("checkpoint")).casefold() == EXIT


def _is_on(function: Pickled, options: MapOptions) -> bool:
    """Return whether a map keeps checkpoints: the option ``checkpoint`` decides, or else whether its function mentions it."""
    given = options.text("checkpoint")
    if given is not None:
        return truth("checkpoint", given, EXIT)
    return mentions(function, "checkpoint")


def mentions(function: Pickled, name: str) -> bool:
    """Return whether a function mentions a name of HTMap, in its code by value, or in the code of a module that it names."""
    wanted = {"htmap", name}
    if wanted <= set(function.names):
        return True
    modules = (each for each in function.names if each.partition(".")[0] not in _OURS)
    return any(wanted <= _names_of(module) for module in modules)


def _names_of(module: str) -> frozenset[str]:
    """Return the names in the code of a module that is imported in this process; none if it has no code, as a module in C."""
    spec = getattr(sys.modules.get(module), "__spec__", None)
    if spec is None or not isinstance(spec.loader, InspectLoader):
        return frozenset()
    try:
        code = spec.loader.get_code(spec.name)
    except (ImportError, OSError, SyntaxError):
        return frozenset()  # it was changed or removed after its import; a component that checkpoints reports it
    return frozenset() if code is None else frozenset(_names_in(code))


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
