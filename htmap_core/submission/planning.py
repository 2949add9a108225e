"""Options -> delivery -> transfers -> credentials -> rewrite -> one submit description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from htmap_core import names, user_warnings
from htmap_core.contract.delivery import DeliveryMethod, Suitability
from htmap_core.contract.options import truth
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool, PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import InvalidOption, NoSuitableDeliveryMethod
from htmap_core.language.expressions import conjunction, quoted
from htmap_core.language.submit_text import submit_path
from htmap_core.plugins.calls import plugins
from htmap_core.settings.chain import settings
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission import checkpointing, matching
from htmap_core.submission.files.protocols import Protocols, submit_side_file
from htmap_run import codes

LATE_MATERIALIZATION = 2000  # jobs: with more, the schedd makes them as they are needed; it refuses 20,000 at once
MAX_RETRIES = 2
START_ATTEMPTS = 3
IDLE = 1  # HTCondor's JobStatus

# Options that HTMap gives a meaning of its own and that do not become submit commands.
OWN_OPTIONS = frozenset({"checkpoint", "chunksize", "max_retries", "retry_exceptions"})


def choose_delivery_method(pool: Pool, view: PoolView) -> DeliveryMethod:
    """Return the delivery method for a map on a pool.

    A method that the user names is used as told, with a warning where no slot of the pool can run it. Otherwise it is the one
    that the site prefers, else the best of those that suit the pool, else the best of those that may.

    :raises UnknownPythonDeliveryMethod: nobody offers the method that the settings name.
    :raises PluginError: its plugin is broken or disabled.
    :raises NoSuitableDeliveryMethod: none that is installed can run on the pool.
    """
    name = str(settings["DELIVERY_METHOD"])
    if name != "auto":
        method = plugins.delivery_method(name, settings.origin("DELIVERY_METHOD"))
        found = plugins.check(method, view)
        if found.verdict == "no":
            user_warnings.warn(user_warnings.UnsuitableDeliveryMethod(name, found.reason))
        return method
    methods = plugins.delivery_methods()
    if pool.delivery_method in methods:
        return methods[pool.delivery_method]
    found_all = {name: plugins.check(method, view) for name, method in methods.items()}
    return methods[best(found_all)]


def best(found: Mapping[str, Suitability]) -> str:
    """Return the name of the delivery method that suits best.

    :raises NoSuitableDeliveryMethod: none can run.
    """
    for verdict in ("yes", "unknown"):
        fitting = [name for name, suitability in found.items() if suitability.verdict == verdict]
        if fitting:
            return min(fitting, key=lambda name: (-found[name].rank, name))
    raise NoSuitableDeliveryMethod({name: suitability.reason for name, suitability in found.items()})


def describe(
    plan: MapPlan,
    method: DeliveryMethod,
    map_id: str,
    option_columns: Mapping[str, str],
    protocols: Protocols,
    input_files: Iterable[str] = (),
) -> dict[str, str]:
    """Return the submit commands of a map: everybody's, in the order in which they have a say.

    :param option_columns: the item column that holds the values of a per-component option, by the option's name.
    :param protocols: what is known by now of the map's transfer protocols.
    :param input_files: what the jobs transfer, beside HTMap's own files and what plugins add.
    """
    submit = SubmitDescription()
    for name, value in plan.options.fixed().items():
        if name not in OWN_OPTIONS:
            submit.set(name, submit_side_file(name, value))
    for name, column in option_columns.items():
        submit.set(name, f"$({column})")
    for listed in input_files:
        submit.add_input_file(listed)
    protocols.describe(submit)
    plugins.prepare(method, plan)
    plugins.describe(method, submit, plan)
    plugins.setup_credentials(submit, plan)
    plugins.rewrite_submit(submit, plan)
    if plan.checkpoints:
        checkpointing.open_way_back(submit, plan)
    _add_exit_policy(submit, plan)
    if plan.jobs > LATE_MATERIALIZATION and not submit.has("max_materialize"):
        submit.set_default("max_idle", LATE_MATERIALIZATION)
    if (doubt := matching.doubt(submit, plan.pool, plan.tag)) is not None:
        user_warnings.warn(doubt)
    return _with_own_commands(submit, plan, map_id)


def _add_exit_policy(submit: SubmitDescription, plan: MapPlan) -> None:
    """Have HTCondor run a job again whose runner could not finish, and hold it when that did not help.

    Exceptions of the function are its result and not tried again, unless the option ``retry_exceptions`` asks for it. Written
    out, because ``max_retries`` with ``retry_until`` lets a job that was killed by a signal leave the queue as if it were
    completed.
    """
    retries = _whole_number("max_retries", plan.options.get("max_retries", str(MAX_RETRIES)))
    exhausted = f"NumJobCompletions > {retries}"
    failed = f"ExitCode =?= {codes.COMPONENT_FAILED}"
    if truth("retry_exceptions", plan.options.get("retry_exceptions", "false")):
        failed = f"({failed} && {exhausted})"
    accepted = f"ExitCode =?= {codes.OK} || ExitCode =?= {codes.REFUSED} || {failed}"
    finished = f"(ExitBySignal =?= false && ({accepted}))"
    submit.set_default("on_exit_remove", finished)
    submit.set_default("on_exit_hold", f"{exhausted} && !{finished}")
    submit.set_default("on_exit_hold_reason", _HOLD_REASON)


def _whole_number(name: str, given: object) -> int:
    if not (isinstance(given, str) and given.isascii() and given.isdigit()):
        raise InvalidOption(name, given, "must be a whole number, the same for all components")
    return int(given)


_HOLD_REASON = (
    'strcat("The component could not finish: it ended with ", '
    'ifThenElse(ExitBySignal =?= true, strcat("signal ", string(ExitSignal)), strcat("exit code ", string(ExitCode))), '
    f'ifThenElse(ExitCode =?= {codes.NO_PYTHON}, " (no Python 3.8 or newer was found where it ran)", ""), '
    '", after ", string(NumJobCompletions), " attempts")'
)


def _with_own_commands(submit: SubmitDescription, plan: MapPlan, map_id: str) -> dict[str, str]:
    """Return everybody's commands, and those that HTMap needs itself and nobody else can set."""
    own_archive = submit.executable == names.RUNTIME
    inputs = [names.FUNCTION, f"{names.INPUTS}/$(htmap_inputs)", *([] if own_archive else [names.RUNTIME])]
    arguments = "$Fnx(htmap_inputs) $(htmap_components) $(htmap_result)"
    if plan.options.output_remaps is not None:
        arguments += f" $({names.REMAPPED_COLUMN})"
    own = {
        "universe": submit.universe,
        "executable": submit_path(plan.runtime) if own_archive else _launcher(submit, MapDir(plan.map_dir)),
        "transfer_executable": "true" if submit.transfer_executable else "false",
        "arguments": f'"{arguments}"' if own_archive else f'"{names.RUNTIME} {arguments}"',
        "initialdir": submit_path(plan.map_dir),
        "log": submit_path(plan.map_dir / names.EVENTS),
        "output": submit_path(plan.map_dir / names.EMPTY_STDOUT),
        "should_transfer_files": "YES",
        # What is finished when a job is evicted, and checkpoints that could not be sent, wait in the spool for its next run.
        "when_to_transfer_output": "ON_EXIT_OR_EVICT" if plan.jobs < plan.components or plan.checkpoints else "ON_EXIT",
        "transfer_input_files": ",".join([*inputs, *submit.input_files]),
        "transfer_output_files": f"{names.RETURN}/",
        "JobBatchName": plan.tag,
        f"MY.{names.IS_HTMAP_JOB}": "true",
        f"MY.{names.MAP_ID}": quoted(map_id),
    }
    if plan.options.output_remaps is not None:
        own["transfer_output_remaps"] = f'"$({names.REMAPS_COLUMN})"'
    if submit.transfer_plugins:
        # By bare names in the map's directory: with any other path the job would be run again and again, and never held.
        adopted = {
            scheme: MapDir(plan.map_dir).adopt(Path(path), names.TRANSFER_PLUGIN.format(scheme=scheme)).name
            for scheme, path in submit.transfer_plugins.items()
        }
        own["transfer_plugins"] = ";".join(f"{scheme}={name}" for scheme, name in adopted.items())
    return {**own, **submit.commands(), **_start_policy(submit)}


def _launcher(submit: SubmitDescription, map_dir: MapDir) -> str:
    """Return what starts the archive instead of itself; where it travels, it is the map's own copy."""
    if submit.transfer_executable and Path(submit.executable).is_file():
        return submit_path(map_dir.adopt(Path(submit.executable), names.LAUNCHER))
    return submit.executable


def _start_policy(submit: SubmitDescription) -> dict[str, str]:
    """Return the commands that hold a job whose container cannot be started, besides what the user wants to have held.

    HTCondor itself would try again for ever. Of its reasons for vacating a job, those count that name the container, and only
    while the last one is such: neither evictions nor a job that runs at last on a better host are held. After a release as
    many attempts are due as before.
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
        # HTCondor looks once a minute, and would hardly ever find a job idle that it starts again and again.
        policy["requirements"] = conjunction([*filter(None, [submit.requirements]), f"{hopeless} =!= true"])
    return policy


# What HTCondor calls it, and its code: the self-test before the job failed, or the container itself did not start.
_CONTAINER_FAILURES = {"SingularityTestFailed": 45, "ContainerError": 1021}
