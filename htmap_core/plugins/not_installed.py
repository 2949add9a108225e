"""Delivery methods of HTMap's own that are not installed, and would suit a pool.

What is installed says for itself whether it suits. Of the others, the pool tells enough to name the one to install.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs

from htmap_core.contract.delivery import Suitability
from htmap_core.contract.pools import PoolView
from htmap_core.exceptions import CondorError, NoSuitableDeliveryMethod
from htmap_core.language.expressions import quoted
from htmap_core.plugins.record import FIRST_PARTY, PluginRecord


@attrs.frozen
class Candidate:
    """A delivery method that is not installed.

    :param is_sure: whether the pool says that it can run it; else it depends on what the pool does not say.
    :param reason: why, as a phrase that fits behind its name.
    """

    name: str
    is_sure: bool
    reason: str


def nothing_suits(
    pool: PoolView, found: Mapping[str, Suitability], records: Sequence[PluginRecord]
) -> NoSuitableDeliveryMethod:
    """Return the error that no installed method can run on a pool.

    :param found: what each method says.
    :param records: those of all plugins.
    """
    off = {
        each.name: each.why_off for each in records if each.name in _SUITS and each.distribution and each.state != "ok"
    }
    others = {each.name: each.reason for each in candidates(pool, records)}
    return NoSuitableDeliveryMethod({name: said.reason for name, said in found.items()}, others, off)


def candidates(pool: PoolView, records: Iterable[PluginRecord]) -> list[Candidate]:
    """Return the delivery methods that are not installed and would suit a pool, or may, the best first.

    :param records: those of all plugins: what is switched off is installed.
    """
    installed = {record.name for record in records if record.distribution}
    missing = [name for name in _SUITS if name in FIRST_PARTY and name not in installed]
    try:
        found = [found for name in missing for found in _SUITS[name](name, pool)]
    except CondorError:  # a pool that does not answer says nothing of them, either
        return []
    return sorted(found, key=lambda each: not each.is_sure)


_HERE = f"Python {sys.version_info.major}.{sys.version_info.minor}"


def _shared(name: str, pool: PoolView) -> Iterator[Candidate]:
    domain = pool.parameter("FILESYSTEM_DOMAIN")
    if pool.is_local:
        yield Candidate(name, True, "all slots are on this machine")
    elif domain and domain != pool.parameter("FULL_HOSTNAME"):
        sharing, total = pool.count(f"FileSystemDomain == {quoted(domain)}")
        claim = f"if they see {sys.prefix}: {sharing} of {total} slots are in this machine's file system domain"
        yield from [Candidate(name, False, claim)] if sharing else []


def _with(condition: str, words: str) -> Callable[[str, PoolView], Iterator[Candidate]]:
    """Return what says yes where a slot meets a condition."""

    def ask(name: str, pool: PoolView) -> Iterator[Candidate]:
        able, total = pool.count(condition)
        yield from [Candidate(name, True, f"{able} of {total} slots {words}")] if able else []

    return ask


def _if(words: str) -> Callable[[str, PoolView], Iterator[Candidate]]:
    """Return what says that it depends on something no slot tells."""

    def ask(name: str, pool: PoolView) -> Iterator[Candidate]:
        yield from [Candidate(name, False, words)] if pool.count("true")[0] else []

    return ask


_MACHINE = f"OpSys == {quoted(platform.system().upper())} && Arch == {quoted(platform.machine())}"
_DOCKER = "HasDocker =?= true || HasContainer =?= true && HasDockerURL =?= true"
_APPTAINER = "HasSIF =?= true || HasSingularity =?= true || HAS_SINGULARITY =?= true"

# What each needs of slots, the best first. Its own `check` may ask for more, for that knows its settings.
_SUITS: dict[str, Callable[[str, PoolView], Iterator[Candidate]]] = {
    "shared": _shared,
    "docker": _with(_DOCKER, "run Docker images"),
    "singularity": _with(_APPTAINER, "have Apptainer"),
    "transplant": _with(_MACHINE, "have this machine's system; this Python travels with each job"),
    "packages": _if(f"if the nodes have {_HERE}; the packages that a function imports travel with each job"),
    "assume": _if(f"if the nodes have {_HERE}, with the packages that functions import"),
}
