"""HTCondor's policies for a job whose runner cannot finish, or whose container cannot start."""

from __future__ import annotations

from htmap_core.contract.option_values import truth
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import InvalidOption
from htmap_core.language.expressions import conjunction
from htmap_run import codes

MAX_RETRIES = 2
START_ATTEMPTS = 3
IDLE = 1  # HTCondor's JobStatus


def add_exit_policy(submit: SubmitDescription, plan: MapPlan) -> None:
    """Have HTCondor run a job again if its runner could not finish, and hold it after the last attempt.

    An exception of the function is a result, so the job is not run again, unless the option ``retry_exceptions`` says so. The
    policy does not use HTCondor's ``max_retries`` and ``retry_until``: with them, a job that a signal killed leaves the queue
    as if it were completed.
    """
    retries = _whole_number("max_retries", plan.options.text("max_retries", str(MAX_RETRIES)))
    exhausted = f"NumJobCompletions > {retries}"
    failed = f"ExitCode =?= {codes.COMPONENT_FAILED}"
    if truth("retry_exceptions", plan.options.text("retry_exceptions", "false")):
        failed = f"({failed} && {exhausted})"
    accepted = f"ExitCode =?= {codes.OK} || ExitCode =?= {codes.REFUSED} || {failed}"
    finished = f"(ExitBySignal =?= false && ({accepted}))"
    submit.set_default("on_exit_remove", finished)
    submit.set_default("on_exit_hold", f"{exhausted} && !{finished}")
    submit.set_default("on_exit_hold_reason", _HOLD_REASON)


def _whole_number(name: str, given: object) -> int:
    if not (isinstance(given, str) and given.isascii() and given.isdigit()):
        raise InvalidOption(name, given, "must be a whole number that is the same for all components")
    return int(given)


_HOLD_REASON = (
    'strcat("The component could not finish: it ended with ", '
    'ifThenElse(ExitBySignal =?= true, strcat("signal ", string(ExitSignal)), strcat("exit code ", string(ExitCode))), '
    f'ifThenElse(ExitCode =?= {codes.NO_PYTHON}, " (no Python 3.8 or newer was found where it ran)", ""), '
    'ifThenElse(ExitCode =?= 126 || ExitCode =?= 127, " (a program or library was not found where it ran)", ""), '
    '", after ", string(NumJobCompletions), " attempts")'
)


def start_policy(submit: SubmitDescription) -> dict[str, str]:
    """Return the commands that hold a job whose container cannot start, combined with the user's own ``periodic_hold``.

    HTCondor itself would try again for ever. The policy counts the vacates whose reason is the container. It holds a job only if
    the last vacate had such a reason, so that evicted jobs, and jobs that finally run on a better host, are not held. After a
    release the job has as many attempts as before.
    """
    count = " + ".join(f"(NumVacatesByReason.{name} ?: 0)" for name in _CONTAINER_FAILURES)
    last = " || ".join(f"VacateReasonCode =?= {code}" for code in _CONTAINER_FAILURES.values())
    hopeless = f"(({last}) && {count} >= {START_ATTEMPTS} * (1 + (NumHolds ?: 0)))"
    idle = f"(JobStatus =?= {IDLE} && {hopeless})"
    why = f'strcat("The container could not be started in {START_ATTEMPTS} attempts. ", VacateReason ?: "")'
    asked, reason = submit.get("periodic_hold") or "false", submit.get("periodic_hold_reason") or "undefined"
    policy = {
        "periodic_hold": f"{idle} || ({asked})",
        "periodic_hold_reason": f"ifThenElse({idle}, {why}, {reason})",
    }
    if submit.universe != "vanilla" or submit.has("+SingularityImage"):
        # HTCondor checks once a minute, and would hardly ever find a job idle that it starts again and again.
        policy["requirements"] = conjunction([*filter(None, [submit.requirements]), f"{hopeless} =!= true"])
    return policy


# HTCondor's names and codes: the container's self-test before the job failed, or the container itself did not start.
_CONTAINER_FAILURES = {"SingularityTestFailed": 45, "ContainerError": 1021}
