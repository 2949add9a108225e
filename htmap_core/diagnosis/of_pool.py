"""The doctor's looks at a pool: its schedd, its slots, and the user's credentials there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from htmap_core import wording
from htmap_core.condor.bindings import bindings_version, release
from htmap_core.condor.connection import Connection
from htmap_core.condor.errors import of_the_system
from htmap_core.contract.delivery import Suitability
from htmap_core.contract.site.checks import Check
from htmap_core.exceptions import HTMapException, NoSuitableDeliveryMethod
from htmap_core.language.added_requirements import about_architecture
from htmap_core.plugins import not_installed
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.native import requirements_of_machine
from htmap_core.plugins.pools import check_place
from htmap_core.storage.root import configured_htmap_dir


def schedd(connection: Connection) -> Iterator[Check]:
    """Check that the schedd answers, and that the bindings are of its version."""
    if not connection.answers():
        yield Check(
            "schedd",
            "problem",
            f"the schedd of the {connection.address.pool} pool does not answer",
            "`condor_status -schedd`",
        )
        return
    ad = connection.schedd_ad()
    theirs, ours = release(str(ad.get("CondorVersion", "unknown"))), release(bindings_version())
    text = f"{ad.get('Name', 'the schedd')} of the {connection.address.pool} pool answers; HTCondor {theirs}"
    if theirs.split(".")[:1] == ours.split(".")[:1]:
        yield Check("schedd", "ok", text)
    else:
        advice = f"If anything fails, `pip install 'htcondor=={'.'.join(theirs.split('.')[:2])}.*'`{of_the_system()}"
        yield Check("schedd", "note", f"{text}, but the bindings have version {ours}", advice)


def place(connection: Connection) -> Iterator[Check]:
    """Check that maps of the pool may lie in HTMAP_DIR."""
    try:
        check_place(connection, configured_htmap_dir())
    except HTMapException as error:
        yield Check("files", "problem", str(error))


# Attributes of slots, and the abilities that they advertise.
_ABILITIES = {
    "HasFileTransfer": "file transfer",
    "HasDocker": "Docker",
    "HasSingularity": "Apptainer",
    "HasContainer": "containers",
}


_OF_SLOTS = (
    *("Machine", "SlotType", "State", "Cpus", "TotalSlotCpus", "Memory", "TotalSlotMemory", "OpSysAndVer", "Arch"),
    *_ABILITIES,
)  # complete ads of 20,000 slots are 160 MB


# Slots that are kept for the next jobs of who used them, as `keep_claim_idle` asks for; dynamic ones, too.
_KEPT = 'SlotType =!= "Partitionable" && State == "Claimed" && Activity == "Idle"'


def slots(connection: Connection) -> Iterator[Check]:
    """Say how many slots there are, what they have, and whether HTCondor sends jobs of this machine to them."""
    ads = connection.slots(_OF_SLOTS)
    if not ads:
        advice = "A map waits until there are some, as on a pool that grows on demand; `condor_status` shows them then"
        yield Check("slots", "note", "the pool has no slots now", advice)
        return
    machines = {slot.get("Machine") for slot in ads}
    cpus = sum(int(slot.get("TotalSlotCpus") or 0) for slot in ads)
    largest = max(int(slot.get("TotalSlotMemory") or slot.get("Memory") or 0) for slot in ads)
    text = f"{len(ads)} on {wording.counted(len(machines), 'machine')}; {_free(connection, ads, cpus)}"
    yield Check("slots", "ok", f"{text}; memory up to {wording.size(largest * 1024**2)}")
    systems = Counter(f"{slot.get('OpSysAndVer')} {slot.get('Arch')}" for slot in ads)
    yield Check("slots", "ok", ", ".join(f"{count} with {name}" for name, count in systems.most_common()))
    machine = requirements_of_machine(connection)
    if machine and not connection.count(machine)[0]:
        advice = about_architecture(Counter(str(slot.get("Arch")) for slot in ads))
        yield Check("slots", "problem", f"none of them is like this machine ({machine})", advice)
    able = (f"{sum(slot.get(name) is True for slot in ads)} with {what}" for name, what in _ABILITIES.items())
    yield Check("slots", "ok", ", ".join(able))


def _free(connection: Connection, ads: Sequence[Mapping[str, Any]], cpus: int) -> str:
    """Return how many CPUs are free. Just after a map some are kept for another one: they are not lost to the user."""
    left = sum(int(slot.get("Cpus") or 0) for slot in ads if _has_free(slot))
    kept = sum(int(slot.get("Cpus") or 0) for slot in connection.query_collector("Startd", _KEPT, ["Cpus"]))
    of_them = f" ({kept} of them kept for a moment for the next jobs of those who have just used them)" if kept else ""
    return f"{left + kept} of {cpus} CPUs are free{of_them}"


def _has_free(slot: Mapping[str, Any]) -> bool:
    """Return whether the CPUs in a slot's ad are free: those of a partitionable one are what is left of it."""
    return slot.get("SlotType") == "Partitionable" or slot.get("State") in {"Unclaimed", None}


def better_deliveries(connection: Connection, chosen: Suitability) -> Iterator[Check]:
    """Name the delivery methods that are sure to suit the pool and are not installed, where the chosen one is not sure to."""
    if chosen.verdict == "yes":
        return
    for each in not_installed.candidates(connection, plugins.records_for_maps()):
        if each.is_sure:
            text = f"{each.name} would suit the pool, and is not installed: {each.reason}"
            yield Check("delivery", "note", text, f"`pip install htmap-{each.name}`")


def no_delivery(nothing: NoSuitableDeliveryMethod) -> Iterator[Check]:
    """Say that no installed delivery method suits the pool, and what to do, after those that would, the best first."""
    for name, reason in nothing.not_installed.items():
        yield Check("delivery", "note", f"{name} is not installed, and would suit the pool: {reason}")
    yield Check("delivery", "problem", "no installed delivery method suits this pool", nothing.advice())


def credentials(connection: Connection) -> Iterator[Check]:
    """Say whether the credd has the credential that the pool needs."""
    if connection.parameter("SEC_CREDENTIAL_PRODUCER") is None:
        yield Check("credentials", "ok", "the pool needs none")
    elif connection.has_kerberos_credential():
        yield Check("credentials", "ok", "the credd has a Kerberos credential of yours")
    else:
        yield Check(
            "credentials",
            "note",
            "the credd has no Kerberos credential of yours",
            "`kinit`; a map that needs the credential stores it",
        )
