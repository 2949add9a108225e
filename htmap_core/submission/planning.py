"""The submit description of a map: options, transfers, delivery, credentials and the site's rules, in this order."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import attrs

from htmap_core import names, user_warnings
from htmap_core.condor.classads import is_expression
from htmap_core.contract.authors import HTMAP, OPTIONS, Authors
from htmap_core.contract.delivery import DeliveryMethod
from htmap_core.contract.option_values import WALLTIME
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.contract.walltime import Walltime
from htmap_core.durations import in_words
from htmap_core.exceptions import CondorRefused, HTMapException, InvalidOption, RefusedValue
from htmap_core.language.expressions import quoted
from htmap_core.language.literals import literal
from htmap_core.language.submit_text import batch_name, submit_path
from htmap_core.plugins.calls import plugins
from htmap_core.settings.layers import BUILT_IN
from htmap_core.storage.portions.files import PortionFiles
from htmap_core.submission import checkpointing, matching
from htmap_core.submission.exit_policy import add_exit_policy, start_policy
from htmap_core.submission.files.map_files import MapFiles
from htmap_core.submission.files.of_plugins import check_files_of_plugins
from htmap_core.submission.files.outputs import TO_OWN_FILES
from htmap_core.submission.files.protocols import submit_side_file
from htmap_core.submission.known_commands import OWN_OPTIONS
from htmap_core.submission.submit import LATE, set_pace
from htmap_core.user_warnings import DeliveryFitsNoSlot, NoSlotFits


@attrs.frozen
class Description:
    """The submit description of a map.

    :param commands: all submit commands: the user's, the plugins' and HTMap's own.
    :param submit: what options, plugins and HTMap's rules have set.
    """

    commands: dict[str, str]
    submit: SubmitDescription

    @property
    def authors(self) -> dict[str, str]:
        """Who has set each command, by its name, but for those that HTMap alone has set."""
        # Whatever starts the archive, the archive itself is the executable.
        given = {name: text for name, text in self.commands.items() if name != "executable"}
        found = {name: self.submit.authors.of_command(name, text) for name, text in given.items()}
        return {name: author for name, author in found.items() if author != HTMAP}


def describe(
    plan: MapPlan,
    method: DeliveryMethod,
    own: PortionFiles,
    option_columns: Mapping[str, str],
    files: MapFiles,
    parameter: Callable[[str], str | None],
    authors: Authors,
    *,
    acts: bool = True,
) -> Description:
    """Return the submit description of a map.

    :param own: where HTMap's own files are now, to which programs that travel are copied.
    :param option_columns: the item column of each per-component option, by the option's name.
    :param files: the files that the jobs transfer, besides HTMap's own and those of plugins.
    :param parameter: returns a parameter of the schedd's configuration; None if it is not set.
    :param authors: notes who has set what.
    :param acts: whether plugins do their slow work and set up credentials; not for a map that is only planned.
    """
    plan = attrs.evolve(plan, input_schemes=files.input_schemes)
    submit = begun(plan, option_columns, authors)
    files.describe(submit)
    try:
        if acts:
            plugins.prepare(method, plan)
        plugins.describe(method, submit, plan)
        if acts:
            plugins.setup_credentials(submit, plan)
        plugins.rewrite_submit(submit, plan)
    except HTMapException as error:
        raise error.with_traceback(None)
    for said in submit.warnings:
        user_warnings.warn(said)
    if acts:
        check_files_of_plugins(submit)
    checkpointing.describe(submit, plan)
    _keep_the_user(submit)
    add_exit_policy(submit, plan)
    set_pace(submit, plan, parameter)
    if files.validity is not None and any(submit.has(name) for name in LATE):
        user_warnings.warn(user_warnings.LateJobsAreSignedNow(plan.tag, files.validity.end))
    warning = matching.no_slot_fits(submit, plan.pool, plan.tag, method.name)
    if warning is not None and not _was_told(warning, method, plan.pool):
        user_warnings.warn(warning)
    commands = _with_own_commands(submit, plan, own)
    return Description({**commands, **start_policy(submit), **time_limit(submit, plan, option_columns)}, submit)


def of_this_machine(
    plan: MapPlan, own: PortionFiles, option_columns: Mapping[str, str], files: MapFiles, authors: Authors
) -> Description:
    """Return the description of a map whose jobs run on this machine: with no say of plugins, and no rules for a queue.

    The parameters are those of :func:`describe`.
    """
    submit = begun(plan, option_columns, authors)
    files.describe(submit)
    for name in (*LATE, "hold"):
        submit.take(name)
    commands = _with_own_commands(submit, plan, own)
    return Description({**commands, **time_limit(submit, plan, option_columns)}, submit)


def _was_told(warning: NoSlotFits, method: DeliveryMethod, pool: PoolView) -> bool:
    """Return whether it was told already that the delivery method does not suit: it says so itself, and the user has named it."""
    if not isinstance(warning, DeliveryFitsNoSlot) or plugins.check(method, pool).verdict != "no":
        return False
    preferred = (pool.address.pool, method.name)  # by the site: nobody was told
    return preferred not in {(each.name, each.delivery_method) for each in plugins.pools()}


def begun(plan: MapPlan, option_columns: Mapping[str, str], authors: Authors) -> SubmitDescription:
    """Return the description that plugins get to edit: the user's options, and HTCondor's own limit of the time.

    :param option_columns: the item column of each per-component option, by the option's name.
    :param authors: notes who has set what.
    """
    submit = SubmitDescription(authors=authors)
    _set_options(submit, plan, option_columns)
    if plan.walltime is not None:
        _limit_time(submit, plan.walltime)
    return submit


def _limit_time(submit: SubmitDescription, walltime: Walltime) -> None:
    """Have HTCondor hold jobs that run for longer than they may. The user's own limit wins, if it leaves enough time.

    :raises InvalidOption: the user's own limit is less than what the components may take.
    """
    own = submit.get(_LIMIT)
    if own is None:
        submit.set(_LIMIT, walltime.seconds)
    elif own.isdecimal() and int(own) < walltime.wanted:
        needed = f"the {in_words(walltime.wanted)} for which a job may run by the option {WALLTIME}"
        raise InvalidOption(_LIMIT, own, f"is less than {needed}: leave out one of the two")


_LIMIT = "allowed_execute_duration"


def time_limit(submit: SubmitDescription, plan: MapPlan, option_columns: Mapping[str, str]) -> dict[str, str]:
    """Return the definition of the time limit that commands refer to, if all jobs have the same: else it is a column."""
    is_used = any(names.WALLTIME_MACRO in text for text in submit.commands().values())
    if plan.walltime is None or WALLTIME in option_columns or not is_used:
        return {}
    return {names.WALLTIME_VARIABLE: str(plan.walltime.limit)}


def _set_options(submit: SubmitDescription, plan: MapPlan, columns: Mapping[str, str]) -> None:
    authors = submit.authors
    for name, value in plan.options.fixed().items():
        if name in OWN_OPTIONS:
            continue
        origin = authors.origin(name)
        put = submit.fall_back if origin == BUILT_IN else submit.set
        with authors.writing(origin or OPTIONS):
            put(name, submit_side_file(name, value))
    with authors.writing(OPTIONS):
        for name, column in columns.items():
            if name not in OWN_OPTIONS:
                submit.set(name, f"$({column})")


@contextlib.contextmanager
def blaming(described: Description) -> Iterator[None]:
    """Say who has set the value that HTCondor refuses, of what is submitted inside the block.

    :raises RefusedValue: instead of the refusal, if it is about a value that somebody has set.
    """
    try:
        yield
    except CondorRefused as refusal:
        if type(refusal) is not CondorRefused:  # a limit, or a rule of the schedd's administrator
            raise
        name, author = _culprit(refusal.said, described) or ("", "")
        if not author:
            raise
        raise RefusedValue(refusal.said, name, author) from refusal.__cause__


def _culprit(said: str, described: Description) -> tuple[str, str] | None:
    """Return the command, the attribute or the requirement that HTCondor complains of, and who has set it; None if nobody has."""
    authors = described.submit.authors
    if (found := _UNPARSED.search(said)) is None:
        return authors.of_what_is_told(said, {**described.commands, "universe": described.submit.universe})
    culprit = authors.of_what_fails(found[2], is_expression) if found[1] == "Requirements" else None
    return culprit or authors.of_attribute(found[1])


_UNPARSED = re.compile(r"Parse error in expression: (?:MY\.)?(\w+) = (.*)")


def _keep_the_user(submit: SubmitDescription) -> None:
    """Name the user of an accounting group, as ``condor_submit`` does.

    The bindings name nobody, and all users of the group would share one priority (``group_physics.`` or ``nice-user.``).
    """
    is_nice = any((submit.get(name) or "false").strip().casefold() not in _FALSE for name in ("nice_user", "NiceUser"))
    if submit.get("accounting_group") or is_nice:
        submit.set_default("accounting_group_user", _user())


_FALSE = {"false", "f", "no", "n", "0"}


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # as in a container that does not know its user
        return str(os.geteuid())


def _with_own_commands(submit: SubmitDescription, plan: MapPlan, own_files: PortionFiles) -> dict[str, str]:
    """Return the commands in *submit* with HTMap's own, which nobody else can set."""
    start, files = _start(submit, own_files)
    # The empty folder is what comes back of a job that could start nothing.
    of_portion = [names.FUNCTION, f"{names.INPUTS}/$({names.INPUTS_COLUMN})", *files]
    inputs = [*(f"{own_files.prefix}{path}" for path in of_portion), names.RETURN]
    arguments = f"{start}$Fnx({names.INPUTS_COLUMN}) $(htmap_components)"
    remaps = [TO_OWN_FILES]
    if plan.options.output_remaps is not None:
        arguments += f" $({names.REMAPPED_COLUMN})"
        remaps.append(f"$({names.REMAPS_COLUMN})")
    own = {
        "universe": submit.universe,
        # Whatever the delivery method starts is started by the archive's launcher, which has its last words come back.
        "executable": submit_path(plan.runtime),
        "transfer_executable": "true",
        "arguments": f'"{arguments}"',
        # Nothing of the map's own is in it: whatever a job returns cannot replace what HTMap reads and runs.
        "initialdir": submit_path(plan.map_dir / names.OUTPUTS),
        "log": submit_path(plan.map_dir / names.EVENTS),
        "output": names.EMPTY_STDOUT,
        "should_transfer_files": "YES",
        # Finished components of an evicted job, and its checkpoints, wait in the spool for its next run.
        "when_to_transfer_output": "ON_EXIT_OR_EVICT" if plan.jobs < plan.components or plan.checkpoints else "ON_EXIT",
        "transfer_input_files": ",".join([*(f"{names.TO_MAP}/{path}" for path in inputs), *submit.input_files]),
        "transfer_output_files": names.RETURN,
        "transfer_output_remaps": '"' + ";".join(remaps) + '"',
        "JobBatchName": literal("JobBatchName", batch_name(plan.tag)),
        f"MY.{names.IS_HTMAP_JOB}": "true",
        f"MY.{names.MAP_ID}": quoted(own_files.id),
    }
    if submit.transfer_plugins:
        # Bare names in the initial directory: with any other path HTCondor runs the job again and again, and never holds it.
        adopted = {
            scheme: own_files.adopt_plugin(Path(path), scheme) for scheme, path in submit.transfer_plugins.items()
        }
        own["transfer_plugins"] = ";".join(f"{scheme}={name}" for scheme, name in adopted.items())
    return {**own, **submit.commands()}


def _start(submit: SubmitDescription, own: PortionFiles) -> tuple[str, list[str]]:
    """Return the arguments that name what starts the archive, and the files that travel for it: the map's own copy."""
    if submit.executable == names.RUNTIME:
        return "", []
    if not submit.transfer_executable:
        return f"--start {_argument(submit.executable)} ", []
    if not Path(submit.executable).is_file():
        origin = submit.authors.plugin("executable")
        raise InvalidOption("executable", submit.executable, "is no file here that could be sent with jobs", origin)
    own.adopt(Path(submit.executable), names.LAUNCHER)
    return f"--start ./{names.LAUNCHER} ", [names.LAUNCHER]


def _argument(text: str) -> str:
    """Return *text* as one of the arguments between the double quotes of a submit command."""
    return "'" + submit_path(text).replace("'", "''").replace('"', '""') + "'"
