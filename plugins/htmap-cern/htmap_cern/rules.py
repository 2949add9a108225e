"""What CERN wants in a submit description, in the words that users have for it."""

from __future__ import annotations

import re
from pathlib import Path

from htmap_cern import durations, flavours
from htmap_cern.errors import MapOnEos
from htmap_cern.settings import CernSettings
from htmap_core import MapPlan, SubmitDescription, quoted
from htmap_core.exceptions import InvalidOption

FLAVOUR, RUNTIME = "JobFlavour", "MaxRuntime"


def apply(submit: SubmitDescription, plan: MapPlan, told: CernSettings) -> None:
    """Write CERN's attributes: the user's own options as they are meant, else what the settings say.

    :raises InvalidOption: an option names a flavour that does not exist, or a span of time that is none.
    """
    _limit_runtime(submit, told)
    if told.accounting_group and not submit.has("accounting_group"):
        submit.set_default("MY.AccountingGroup", quoted(told.accounting_group))
    if told.want_os:
        submit.set_default("MY.WantOS", quoted(told.want_os))
    if plan.options.output_remaps is not None:
        submit.set_default("MY.XRDCP_CREATE_DIR", True)  # else a file for a folder that EOS does not have yet is lost


def refuse_eos(map_dir: Path) -> None:
    """Refuse a map whose directory is on EOS, also by way of a link.

    :raises MapOnEos: it is.
    """
    if map_dir.resolve().parts[1:2] == ("eos",):
        raise MapOnEos(map_dir)


def _limit_runtime(submit: SubmitDescription, told: CernSettings) -> None:
    flavour, runtime = _own(submit, FLAVOUR), _own(submit, RUNTIME)
    if flavour is not None:
        submit.set_attribute(FLAVOUR, _flavour(flavour))
    if runtime is not None:
        submit.set_attribute(RUNTIME, _runtime(runtime))
    if flavour is None and runtime is None:
        wanted = told.job_flavour if told.max_runtime is None else flavours.holding(told.max_runtime)
        if wanted is not None:
            submit.set_attribute(FLAVOUR, quoted(wanted))


def _own(submit: SubmitDescription, name: str) -> str | None:
    """Take out what the user said, be it an attribute or, as it would stand without the plus sign, a command."""
    attribute, command = submit.take(f"MY.{name}"), submit.take(name)
    return command if attribute is None else attribute


def _flavour(given: str) -> str:
    """Return the expression for a flavour: a plain name gets its quotes, any other expression stays as it is."""
    if not re.fullmatch(r"\w+", given):
        return given
    try:
        return quoted(flavours.flavour(given))
    except ValueError as error:
        raise InvalidOption(FLAVOUR, given, str(error)) from error


def _runtime(given: str) -> str:
    """Return the expression for a run time: a span of time in seconds, any other expression stays as it is."""
    plain = given.strip('"')
    if not re.fullmatch(r"[\d.]+[\w\s.]*", plain):
        return given
    try:
        return str(durations.seconds(plain))
    except ValueError as error:
        raise InvalidOption(RUNTIME, given, str(error)) from error
