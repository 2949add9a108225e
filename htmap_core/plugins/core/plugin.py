"""The plugin ``core``: it offers the machine's own pool and HTCondor's own transfer protocols."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path

from htmap_core.condor.configuration import (
    has_configuration,
    missing_configuration,
    named_configuration,
    schedd_in_environment,
)
from htmap_core.condor.connection import Connection
from htmap_core.contract.hookspecs import hookimpl
from htmap_core.contract.pools import Pool, PoolAddress
from htmap_core.contract.protocol import Sender, TransferProtocol
from htmap_core.exceptions import CondorError, CondorRefused, InvalidOption, PoolIsSilent, PoolUnavailable
from htmap_core.plugins.core import presigned
from htmap_core.settings.tables import setting, setting_origin


class MachinePool(Pool):
    """The pool of this machine's HTCondor configuration, or of the settings under ``HTCONDOR``."""

    name = "machine"
    rank = 100

    def named_by(self) -> str | None:
        """Return the settings under ``HTCONDOR`` that are set, or else CONDOR_CONFIG if it names a schedd or a missing file."""
        if named := [f"{name} = {value!r} (from {setting_origin(name)})" for name, value in _named_in_settings()]:
            return " and ".join(named)
        if (variable := schedd_in_environment()) is not None:
            return f"environment variable {variable}"
        file = named_configuration()
        if file is None or (missing_configuration() is None and not _has_schedd(self._address())):
            return None
        return f"environment variable CONDOR_CONFIG = {str(Path(file))!r}"

    def find(self) -> PoolAddress | None:
        """Return the address of the machine's pool, or None if the machine has none.

        :raises PoolIsSilent: its schedd does not answer.
        """
        address = self._address()
        is_named = any(_named_in_settings()) or schedd_in_environment() or missing_configuration()
        if not (is_named or has_configuration()):
            return None
        if (error := Connection(address).why_silent()) is not None:
            raise PoolIsSilent(self.name, _silence(address, error))
        return address

    def advice(self) -> str:
        """Say whether the configuration is missing or the schedd does not answer."""
        try:
            self.find()
        except PoolIsSilent as error:
            return error.advice
        return "this machine has no HTCondor configuration"

    def _address(self) -> PoolAddress:
        return PoolAddress.of_machine(self.name, setting("HTCONDOR.SCHEDULER"), setting("HTCONDOR.COLLECTOR"))


def _named_in_settings() -> Iterator[tuple[str, str]]:
    for name in ("HTCONDOR.SCHEDULER", "HTCONDOR.COLLECTOR"):
        if value := setting(name):
            yield name, value


def _has_schedd(address: PoolAddress) -> bool:
    """Return whether the configuration names a schedd, or that of a machine with a schedd of its own."""
    parameter = Connection(address).parameter
    daemons = (parameter("DAEMON_LIST") or "").upper().replace(",", " ").split()
    return bool(parameter("SCHEDD_HOST")) or "SCHEDD" in daemons


def _silence(address: PoolAddress, error: CondorError) -> str:
    reason = error.reason if isinstance(error, PoolUnavailable) else str(error)
    if missing_configuration() is not None or not isinstance(error, (CondorRefused, PoolUnavailable)):
        return reason
    source = f"the HTCondor configuration {str(address.configuration)!r}" if address.configuration else _MACHINES
    hosts = {name: Connection(address).parameter(name) for name in ("SCHEDD_HOST", "COLLECTOR_HOST")}
    told = ", ".join(f"{name} = {value!r}" for name, value in hosts.items() if value)
    source += f" ({told})" if told else ""
    if not (address.schedd or address.collector):
        return f"the schedd of {source} does not answer: {reason}; `condor_q` shows why"
    schedd = f"the schedd {address.schedd!r}" if address.schedd else f"the schedd of {source}"
    collector = f"the collector {address.collector!r}" if address.collector else f"the collector of {source}"
    return f"{schedd} at {collector} does not answer: {reason}; `condor_status -schedd` shows those that do"


_MACHINES = "this machine's HTCondor configuration"


@hookimpl
def htmap_pools() -> list[Pool]:
    """Offer the machine's own pool."""
    return [MachinePool()]


@hookimpl
def htmap_transfer_protocols() -> list[TransferProtocol]:
    """Offer the protocols of HTCondor's own file transfer plugins. The ads of slots say which of them a slot has."""
    both = [TransferProtocol(scheme) for scheme in ("file", "http", "https", "dav", "davs", "osdf", "pelican")]
    inputs = [TransferProtocol(scheme, outputs=False) for scheme in ("ftp", "data")]
    return [*both, *inputs, _bucket("s3", "aws"), _bucket("gs", "gs")]


def _bucket(scheme: str, command: str) -> TransferProtocol:
    """Return a protocol whose inputs HTCondor signs itself; its outputs we sign (see :mod:`.presigned`)."""
    files = (f"{command}_access_key_id_file", f"{command}_secret_access_key_file")

    def sender(options: Mapping[str, str]) -> Sender:
        access_key_id, secret = (_key(name, options[name]) for name in files)
        keys = presigned.Keys(access_key_id, secret, options.get("aws_region"))
        now, days = datetime.datetime.now(datetime.timezone.utc), float(setting("SIGNED_URL_DAYS"))
        return presigned.signer(keys, now, days)

    return TransferProtocol(scheme, options=files, sender=sender)


def _key(option: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidOption(option, path, f"cannot be read: {error}") from error
