"""HTCondor's policies for a job whose runner cannot finish, or which HTCondor would start again and again without end."""

from __future__ import annotations

from htmap_core import names
from htmap_core.contract.option_values import RETRY_EXCEPTIONS, truth, whole_number
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.submit import SubmitDescription
from htmap_core.language.expressions import conjunction, quoted
from htmap_core.tracking import hold_codes
from htmap_run import codes
from htmap_run.names import RETRIED

MAX_RETRIES = 2
START_ATTEMPTS = 3  # of a container
FAILED_STARTS = 10  # of whatever kind: one bad host may cause several of them
BRIEF_RUNS, BRIEF = 20, 60  # so many runs, in seconds on average
IDLE = 1  # HTCondor's JobStatus


def add_exit_policy(submit: SubmitDescription, plan: MapPlan) -> None:
    """Have HTCondor run a job again if its runner could not finish, and hold it after the last attempt.

    An exception of the function is a result, so the job is not run again, unless the option ``retry_exceptions`` says so. Where
    that names exceptions, the runner's exit code tells whether one of them was raised. The policy does not use HTCondor's
    ``max_retries`` and ``retry_until``: with them, a job that a signal killed leaves the queue as if it were completed. A job
    that leaves its slot in time is run again, however often.
    """
    retries = _retries(plan.options)
    exhausted = f"NumJobCompletions > {retries}"
    failed, named = f"ExitCode =?= {codes.COMPONENT_FAILED}", retried_exceptions(plan.options)
    if named and retries:
        submit.set_attribute(RETRIED, quoted(named))
        failed = f"{failed} || (ExitCode =?= {codes.TRY_AGAIN} && {exhausted})"
    elif named is not None and retries:
        failed = f"({failed} && {exhausted})"
    accepted = f"ExitCode =?= {codes.OK} || ExitCode =?= {codes.REFUSED} || {failed}"
    finished = f"(ExitBySignal =?= false && ({accepted}))"
    if submit.get("on_exit_hold") is None:
        submit.set_default("on_exit_hold_subcode", str(hold_codes.COULD_NOT_FINISH))
    submit.set_default("on_exit_remove", finished)
    leaves = f" && ExitCode =!= {codes.LEFT} && ExitCode =!= {codes.AGAIN}"
    unless = leaves if submit.has(f"+{names.LEAVES}") else ""
    submit.set_default("on_exit_hold", f"{exhausted} && !{finished}{unless}")
    submit.set_default("on_exit_hold_reason", _HOLD_REASON)


def retries_of_exceptions(options: MapOptions) -> int:
    """Return how often a job runs again because of an exception of the function."""
    return 0 if retried_exceptions(options) is None else _retries(options)


def retried_exceptions(options: MapOptions) -> str | None:
    """Return the names of the exceptions because of which a job runs again, separated by commas.

    :returns: an empty text for all exceptions; None for none.
    :raises InvalidOption: the option has another value than it may have.
    """
    given = options.text(RETRY_EXCEPTIONS, "false")
    if not isinstance(given, str) or given.casefold() in {"true", "false"}:
        return "" if truth(RETRY_EXCEPTIONS, given, "names of exceptions") else None
    return given


def _retries(options: MapOptions) -> int:
    return whole_number("max_retries", options.text("max_retries", str(MAX_RETRIES)))


# What the job's ad calls the image, by the universe or by the site's older way. A job without an image has none of the three.
_IMAGE = "(DockerImage ?: (ContainerImage ?: SingularityImage))"
_OF_IMAGE = f'ifThenElse({_IMAGE} =?= undefined, "", strcat("{{}}", {_IMAGE}))'

_HOLD_REASON = (
    'strcat("The component could not finish: it ended with ", '
    'ifThenElse(ExitBySignal =?= true, strcat("signal ", string(ExitSignal)), strcat("exit code ", string(ExitCode))), '
    f'ifThenElse(ExitCode =?= {codes.NO_PYTHON}, " (no Python 3.8 or newer was found where it ran)", ""), '
    f'ifThenElse(ExitCode =?= {codes.NO_ROOM}, " (the disk of its scratch directory was full)", ""), '
    'ifThenElse(ExitCode =?= 126 || ExitCode =?= 127, " (a program or library was not found where it ran)", ""), '
    f"{_OF_IMAGE.format(', in the image ')}, "
    '", after ", string(NumJobCompletions), " attempts")'
)


def start_policy(submit: SubmitDescription) -> dict[str, str]:
    """Return the commands that hold a job which HTCondor would start for ever, combined with the user's own ``periodic_hold``.

    A job that HTCondor holds because its results could not be saved before its end is released: it runs on without saving any.

    Three kinds of jobs are held. After a release each has as many attempts as before.

    - Its container cannot start. The policy counts the vacates whose reason that is. It holds a job only if the last vacate had
      such a reason, so that evicted jobs, and jobs that finally run on a better host, are not held.
    - It never begins to run, whatever the reason. HTCondor counts starts of the job apart from those of its shadow, so evicted
      jobs do not count.
    - It begins, and is taken away at once, again and again. A job that is evicted after hours has a long time on average.
    """
    in_vain = f"(JobStatus =?= {IDLE} && ({names.IN_VAIN} =?= true || {_TAKEN_AWAY_AT_ONCE}))"
    asked, reason = submit.get("periodic_hold") or "false", submit.get("periodic_hold_reason") or "undefined"
    subcode = submit.get("periodic_hold_subcode") or "undefined"
    ours = f"ifThenElse({_NO_CONTAINER}, {_WHY_NO_CONTAINER}, ifThenElse({_NEVER_BEGINS}, {_WHY_NEVER}, {_WHY_BRIEF}))"
    release = submit.get("periodic_release")
    saves = (
        {"periodic_release": f"{_COULD_NOT_SAVE} || ({release or 'false'})"} if submit.has(f"+{names.SAVES}") else {}
    )
    return {
        **saves,
        f"MY.{names.IN_VAIN}": f"{_NO_CONTAINER} || {_NEVER_BEGINS}",
        "periodic_hold": f"{in_vain} || ({asked})",
        "periodic_hold_reason": f"ifThenElse({in_vain}, {ours}, {reason})",
        "periodic_hold_subcode": f"ifThenElse({in_vain}, {_SUBCODE}, {subcode})",
        # HTCondor checks once a minute, and would hardly ever find a job idle that it starts again and again. Jobs that differ in
        # what requirements refer to are matched apart, each by itself: that must be small numbers, not times.
        "requirements": conjunction([*filter(None, [submit.requirements]), f"{names.IN_VAIN} =!= true"]),
    }


# HTCondor's names and codes: the container's self-test before the job failed, or the container itself did not start.
_CONTAINER_FAILURES = {"SingularityTestFailed": 45, "ContainerError": 1021}
_ALLOWANCE = "(1 + (NumHolds ?: 0))"

_NO_CONTAINER = "(({last}) && {count} >= {attempts} * {allowance})".format(
    last=" || ".join(f"VacateReasonCode =?= {code}" for code in _CONTAINER_FAILURES.values()),
    count=" + ".join(f"(NumVacatesByReason.{name} ?: 0)" for name in _CONTAINER_FAILURES),
    attempts=START_ATTEMPTS,
    allowance=_ALLOWANCE,
)

_TRIED, _BEGUN, _ENDED = "(NumShadowStarts ?: 0)", "(NumJobStarts ?: 0)", "(NumJobCompletions ?: 0)"
# A restart of the schedd counts as a try, too, but not as a vacate.
_VACATED = f"(NumVacates ?: {_TRIED})"
_NEVER_BEGINS = f"({_TRIED} - {_BEGUN} >= {FAILED_STARTS} * ({_ALLOWANCE} + {_BEGUN}) && {_VACATED} >= {FAILED_STARTS})"
# HTCondor's FailedToCheckpoint, when a transfer fails for good, such as to a full disk.
_COULD_NOT_SAVE = (
    f"(HoldReasonCode =?= {hold_codes.NOT_SAVED} && HoldReasonSubCode =?= -1 && {_ALLOWANCE} <= {START_ATTEMPTS + 1})"
)
_RUNS = f"({_TRIED} - {_ENDED})"
_TAKEN_AWAY_AT_ONCE = f"({_RUNS} >= {BRIEF_RUNS} * {_ALLOWANCE} && (RemoteWallClockTime ?: 0.0) < {BRIEF} * {_RUNS})"

_SUBCODE = (
    f"ifThenElse({_NO_CONTAINER}, {hold_codes.CONTAINER_FAILED}, "
    f"ifThenElse({_NEVER_BEGINS}, {hold_codes.NEVER_BEGAN}, {hold_codes.TAKEN_AWAY}))"
)
# A policy's reason with a quotation mark in it, as dockerd's and Apptainer's words about registries have, is lost: the schedd
# makes the hold's reason of it as it is, which is no string then, and users read "Reason unspecified".
_SAID = """(replaceall("[^ !#-~]", VacateReason, "'") ?: "HTCondor does not say why")"""
_WHY_NO_CONTAINER = (
    f'strcat("The container", {_OF_IMAGE.format(" of the image ")}, " could not be started in {START_ATTEMPTS} attempts. ", '
    f"{_SAID})"
)
_LAST_WORDS = (
    f'"The last time: ", {_SAID}, '
    'ifThenElse(VacateReasonCode =?= undefined, "", strcat(" (vacate code ", string(VacateReasonCode), ")"))'
)
_WHY_NEVER = (
    f'strcat("HTCondor tried to start it ", string({_TRIED}), " times, and it began to run ", string({_BEGUN}), " times. ", '
    f"{_LAST_WORDS})"
)
_WHY_BRIEF = (
    f'strcat("HTCondor started it ", string({_RUNS}), " times, and took it away after ", '
    f'string(int((RemoteWallClockTime ?: 0.0) / {_RUNS})), " seconds on average. ", {_LAST_WORDS})'
)
