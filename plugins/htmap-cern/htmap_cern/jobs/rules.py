"""Put CERN's attributes into a submit description, from users' options and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from htmap_cern import eos
from htmap_cern.jobs import flavours, pythons, requests
from htmap_cern.settings import CernSettings
from htmap_core import MapOptions, MapPlan, SubmitDescription, Walltime, durations, quoted
from htmap_core.exceptions import InvalidOption

FLAVOUR, RUNTIME = "JobFlavour", "MaxRuntime"

# Seconds for the transfer of inputs, which counts for MaxRuntime and not for HTCondor's own limit. So that holds the job, with
# what has ended in it, before CERN removes it.
_INPUTS = 600


def apply(submit: SubmitDescription, plan: MapPlan, told: CernSettings) -> None:
    """Write CERN's attributes: from the map's options if they have them, else from the settings.

    :param told: the settings of the table CERN.
    :raises InvalidOption: an option names a flavour that does not exist, or its run time is not a span of time, or less than the
        option ``walltime`` wants, or no flavour has as much; or the jobs would start more often than they may.
    :raises CannotSendToEos: output files go to EOS by a path.
    """
    eos.refuse_outputs(plan.options.output_remaps)
    _limit_runtime(submit, plan.walltime, told)
    requests.describe(submit, plan.options)
    pythons.Python().describe(submit)
    if plan.is_chosen:  # the schedd writes it into the job, also for a flavour, and for jobs that name neither
        submit.set_default("MY.HTMapTimeLimit", RUNTIME)
    for name, of_settings in (
        ("AccountingGroup", told.accounting_group),
        ("WantOS", told.want_os),
        ("SingularityImage", None),
    ):
        _quote(submit, name)
        if of_settings:
            submit.set_default(f"MY.{name}", quoted(of_settings))
    if plan.options.output_remaps is not None:
        submit.set_default("MY.XRDCP_CREATE_DIR", True)  # without it, a file is lost if its folder is not on EOS yet
    if eos.is_there(submit.get("container_image")):
        submit.set_default(
            "transfer_container", False
        )  # worker nodes see it, and the schedd, which would send it, does not


def time_limit(options: MapOptions, told: CernSettings) -> int | None:
    """Return the seconds that a job may take: by the map's options, else by the settings, else by CERN's default.

    The option ``walltime`` wins over the settings and the default. What is an expression is not known.

    :raises InvalidOption: an option makes no sense.
    """
    submit = SubmitDescription()
    for name, value in options.fixed().items():
        if name.removeprefix("MY.").casefold() in {FLAVOUR.casefold(), RUNTIME.casefold()}:
            submit.set(name, value)
    _spell(submit)
    for _, _, allowed in _allowed(submit):
        return allowed
    if options.get("walltime", "") != "":
        return None
    return flavours.FLAVOURS[_of_settings(told) or flavours.DEFAULT]


def _limit_runtime(submit: SubmitDescription, walltime: Walltime | None, told: CernSettings) -> None:
    _spell(submit)
    if walltime is not None:
        _keep_to(walltime, submit)
    elif not list(_allowed(submit)) and (wanted := _of_settings(told)) is not None:
        submit.set_attribute(FLAVOUR, quoted(wanted))


def _spell(submit: SubmitDescription) -> None:
    """Write the user's options as CERN spells them."""
    flavour, runtime = _own(submit, FLAVOUR), _own(submit, RUNTIME)
    if flavour is not None:
        submit.set_attribute(FLAVOUR, _flavour(flavour))
    if runtime is not None:
        submit.set_attribute(RUNTIME, _runtime(runtime))


def _of_settings(told: CernSettings) -> str | None:
    return told.job_flavour if told.max_runtime is None else flavours.holding(told.max_runtime)


def _keep_to(walltime: Walltime, submit: SubmitDescription) -> None:
    """Have CERN give jobs the time that the option ``walltime`` wants, unless another option says how much they get."""
    for name, given, allowed in _allowed(submit):
        if allowed is not None and allowed < walltime.wanted:
            needed = durations.in_words(walltime.wanted)
            raise InvalidOption(name, given, f"is less than the {needed} that jobs may take by the option walltime")
        return
    try:
        flavours.holding(walltime.wanted)
    except ValueError as error:
        raise InvalidOption("walltime", durations.in_words(walltime.wanted), str(error)) from error
    # By either of the two the job has the time. MaxRuntime wins at CERN, and fits better.
    submit.set_attribute(FLAVOUR, quoted(flavours.holding(min(walltime.limit + _INPUTS, flavours.LONGEST))))
    submit.set_attribute(RUNTIME, f"{walltime.seconds} + {_INPUTS}")


def _allowed(submit: SubmitDescription) -> Iterator[tuple[str, str, int | None]]:
    """Yield the options that say how long jobs may run, with the seconds, or None for an expression; the first one counts."""
    runtime, flavour = submit.get(f"MY.{RUNTIME}"), submit.get(f"MY.{FLAVOUR}")
    if runtime is not None:
        yield RUNTIME, runtime, int(runtime) if runtime.isdecimal() else None
    if flavour is not None:
        yield FLAVOUR, flavour, flavours.FLAVOURS.get(flavour.strip('"').casefold())


def _own(submit: SubmitDescription, name: str) -> str | None:
    """Take out the user's option: the attribute ``+name``, or the command ``name`` if the user forgot the plus sign."""
    attribute, command = submit.take(f"MY.{name}"), submit.take(name)
    return command if attribute is None else attribute


def _quote(submit: SubmitDescription, name: str) -> None:
    """Give a name that the user has written without quotation marks what it lacks: else it would be that of another attribute."""
    given = _own(submit, name)
    if given is not None:
        submit.set_attribute(name, quoted(given) if re.fullmatch(_PLAIN, given) else given)


_PLAIN = r"(?!undefined$)[\w./][\w./:@+-]*"


def _flavour(given: str) -> str:
    """Return the expression for a flavour: a plain name gets quotes, any other expression stays as it is."""
    if not re.fullmatch(r"\w+", given):
        return given
    try:
        return quoted(flavours.flavour(given))
    except ValueError as error:
        raise InvalidOption(FLAVOUR, given, str(error)) from error


def _runtime(given: str) -> str:
    """Return the expression for a run time: a span of time becomes seconds, any other expression stays as it is."""
    plain = given.strip('"')
    if not re.fullmatch(r"[\d.]+[\w\s.]*", plain):
        return given
    try:
        return str(durations.seconds(plain))
    except ValueError as error:
        raise InvalidOption(RUNTIME, given, str(error)) from error
