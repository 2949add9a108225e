"""The plugin ``core``: it offers the machine's own pool and HTCondor's own transfer protocols."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

from htmap_core.condor.configuration import has_configuration
from htmap_core.condor.connection import Connection
from htmap_core.contract.hookspecs import hookimpl
from htmap_core.contract.pools import Pool, PoolAddress
from htmap_core.contract.protocol import Sender, TransferProtocol
from htmap_core.exceptions import InvalidOption, PoolIsSilent
from htmap_core.plugins import presigned
from htmap_core.settings.tables import setting


class MachinePool(Pool):
    """The pool of this machine's HTCondor configuration, or of the settings under ``HTCONDOR``."""

    name = "machine"
    rank = 100

    def find(self) -> PoolAddress | None:
        """Return the address of the machine's pool, or None if the machine has none.

        :raises PoolIsSilent: its schedd does not answer.
        """
        address = self._address()
        named = address.schedd or address.collector
        if not (named or has_configuration()):
            return None
        if not Connection(address).answers():
            raise PoolIsSilent(self.name, self.advice())
        return address

    def advice(self) -> str:
        """Say whether the configuration is missing or the schedd does not answer."""
        address = self._address()
        if address.schedd or address.collector:
            return (
                f"the schedd {address.schedd or '(local)'} at collector {address.collector or '(local)'} does not answer "
                f"(settings HTCONDOR.SCHEDULER and HTCONDOR.COLLECTOR)"
            )
        if has_configuration():
            return "this machine has an HTCondor configuration, but its schedd does not answer; `condor_q` shows why"
        return "this machine has no HTCondor configuration"

    def _address(self) -> PoolAddress:
        return PoolAddress.of_machine(self.name, setting("HTCONDOR.SCHEDULER"), setting("HTCONDOR.COLLECTOR"))


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
    """Return a protocol whose inputs HTCondor signs itself; its outputs we sign (see :mod:`htmap_core.plugins.presigned`)."""
    files = (f"{command}_access_key_id_file", f"{command}_secret_access_key_file")

    def sender(options: Mapping[str, str]) -> Sender:
        access_key_id, secret = (_key(name, options[name]) for name in files)
        keys = presigned.Keys(access_key_id, secret, options.get("aws_region"))
        return presigned.signer(keys, datetime.datetime.now(datetime.timezone.utc))

    return TransferProtocol(scheme, options=files, sender=sender)


def _key(option: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidOption(option, path, f"cannot be read: {error}") from error
