"""The check that a map's submit commands are known: the bindings drop others in silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Optional, Protocol

import attrs

from htmap_core.condor.bindings import bindings_version
from htmap_core.contract.option_values import CUSTOM_OPTIONS, FILE_OPTIONS, RELATIVE_PATHS, RETRY_EXCEPTIONS, WALLTIME
from htmap_core.exceptions import CondorError, UnknownOption
from htmap_core.language.submit_commands import (
    LATEST,
    Version,
    custom_resource,
    defined,
    is_command,
    is_newer,
    nearest,
    referred_to,
)
from htmap_core.plugins.calls import plugins
from htmap_core.user_warnings import UnprovenOption

# HTMap's own options, which do not become submit commands.
OWN_OPTIONS = frozenset(
    {
        "checkpoint",
        "checkpoint_interval",
        "chunksize",
        "expected_runtime",
        "max_retries",
        RELATIVE_PATHS,
        "results_interval",
        RETRY_EXCEPTIONS,
        WALLTIME,
    }
)

Origin = Callable[[str], Optional[str]]


class AskedPool(Protocol):
    """The questions to a pool about its own commands; the connection to a pool answers them."""

    def schedd_parameter(self, name: str) -> str | None:
        """Return a parameter of the schedd's configuration; None if it is not set."""

    def count(self, expression: str) -> tuple[int, int]:
        """Return how many slots satisfy a ClassAd *expression*, and how many slots the pool has."""


def check_commands(
    commands: Mapping[str, str], pool: AskedPool | None, origin: Origin, used: Collection[str] = ()
) -> list[UnprovenOption]:
    """Check that HTCondor, HTMap or the pool knows every one of some submit commands.

    Attributes of the job (``MY.<name>``) are the user's own, and so is what the value of another command uses as a macro. The
    pool is asked only about names that are unknown otherwise.

    :param commands: submit commands, with what is in no submit description: HTMap's own options.
    :param pool: the pool; None if none can be asked.
    :param origin: gives the origin of an option, for messages.
    :param used: names that values of single components use as macros, in lower case.
    :returns: warnings about commands of which nobody knows.
    :raises UnknownOption: a command is unknown, or looks like one that is known.
    """
    known = _Known(_bindings_or_latest(), pool)
    macros = {*used, *(name for text in commands.values() for name in referred_to(text))}
    warnings = []
    for name, text in commands.items():
        folded = name.casefold()
        if folded.startswith("my.") or folded in macros or known.has(folded):
            continue
        similar, doubt = known.like(folded), known.doubt(folded)
        if doubt is None or (similar and not known.is_outdated):
            raise UnknownOption(name, text, known.reason(folded), origin(name), similar)
        warnings.append(UnprovenOption(name, similar, doubt))
    return warnings


def is_known_here(name: str) -> bool:
    """Return whether the bindings here know a submit command, whose *name* is in lower case; False where there are none."""
    try:
        return is_command(name, _bindings())
    except CondorError:  # there are none, or they cannot read their configuration
        return False


def taken_by_plugins(names: Iterable[str]) -> set[str]:
    """Return those of *names* that a plugin may take for itself: they are names of its settings, underscores or not."""
    fields = {
        field.name.replace("_", "") for table in plugins.settings_tables().values() for field in attrs.fields(table)
    }
    return {name for name in names if name.casefold().replace("_", "") in fields}


@attrs.define
class _Known:
    """The names that are known to HTCondor of a version, and to a pool.

    :param version: the version of the bindings, which read the submit description.
    """

    version: Version
    pool: AskedPool | None
    _of_pool: set[str] | None = None
    _silence: str = "no pool can be asked"

    def has(self, name: str) -> bool:
        if name in _OWN or is_command(name, self.version):
            return True
        return name in self._extended() or self._slots_have(name)

    def like(self, name: str) -> tuple[str, ...]:
        """Return the known names that are like an unknown one."""
        if is_newer(name):
            return ()
        meant = tuple(option for option, others in _OTHER_NAMES.items() if name in others.split())
        return meant or nearest(name, _OWN)

    @property
    def is_outdated(self) -> bool:
        """Whether HTCondor may know more than HTMap does."""
        return self.version > LATEST

    def doubt(self, name: str) -> str | None:
        """Return why it is not certain that a name is unknown; None if it is certain."""
        if is_newer(name):
            return None
        if self.is_outdated:
            return f"HTCondor {self._release} is newer than its list of commands"
        if self._silence:
            return self._silence
        # A slot that comes later may have the resource.
        return None if custom_resource(name) is None else "no slot of the pool has such a resource now"

    @property
    def _release(self) -> str:
        return ".".join(map(str, self.version))

    def reason(self, name: str) -> str:
        """Return what is wrong with a name."""
        if is_newer(name):
            return f"HTCondor {self._release} does not know it yet"
        return "no submit command has this name, so HTCondor would ignore it"

    def _extended(self) -> set[str]:
        if self._of_pool is None:
            self._of_pool = set()
            if self.pool is not None:
                try:
                    self._of_pool = defined(self.pool.schedd_parameter("EXTENDED_SUBMIT_COMMANDS") or "")
                    self._silence = ""
                except CondorError as error:
                    self._silence = f"the pool cannot be asked: {error}"
        return self._of_pool

    def _slots_have(self, name: str) -> bool:
        resource = custom_resource(name)
        if resource is None or self.pool is None or self._silence:
            return False
        try:
            having, _ = self.pool.count(f"TotalSlot{resource} =!= undefined || Total{resource} =!= undefined")
        except CondorError as error:
            self._silence = f"the pool cannot be asked: {error}"
            return False
        return having > 0


_OWN = frozenset({*OWN_OPTIONS, *FILE_OPTIONS, CUSTOM_OPTIONS})

# The names that other systems have for options.
_OTHER_NAMES = {
    "walltime": "max_run_time max_runtime run_time runtime time time_limit timelimit timeout wall_time",
    "request_memory": "mem mem_per_cpu memory ram",
    "request_cpus": "cores cpus cpus_per_task ncores ncpus nproc ntasks processes threads",
    "request_gpus": "gpu gpus gres ngpus",
    "request_disk": "disk scratch tmp",
    "accounting_group": "account",
}


def _bindings_or_latest() -> Version:
    """Return the version of the bindings. Where there are none, nothing is submitted, but settings are checked."""
    try:
        return _bindings()
    except CondorError:  # there are none, or they cannot read their configuration
        return LATEST


def _bindings() -> Version:
    major, minor = re.findall(r"\d+", bindings_version())[:2]
    return int(major), int(minor)
