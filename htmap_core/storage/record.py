"""The contents of ``map.json`` and ``submit.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from htmap_core.contract.pools import PoolAddress
from htmap_core.files.sealed import is_sealed, seal, unseal

FORMAT = 2
_FORMAT_OF_0_7_0 = 1  # without checksums
_KEYS_OF_0_7_0 = frozenset(
    {"format", "components", "chunksize", "delivery_method", "pool", "versions", "options", "created"}
)


@attrs.frozen
class MapRecord:
    """The contents of ``map.json``: the facts that creation fixes.

    :param components: the number of components.
    :param chunksize: how many of them share a job.
    :param versions: the versions of Python, cloudpickle and HTMap on the submit side.
    :param options: the map options as given, for people to read.
    :param created: the time of creation, in seconds since the epoch.
    :param untagged: whether the map may be transient: nobody gave it a tag when it was created. Not known of old maps.
    :param format: the format of the map's files: 2, or 1 for maps of 0.7.0.
    """

    components: int = attrs.field(validator=attrs.validators.ge(1))
    chunksize: int = attrs.field(validator=attrs.validators.ge(1))
    delivery_method: str
    pool: PoolAddress
    versions: Mapping[str, str]
    options: Mapping[str, Any]
    created: float
    untagged: bool = True
    format: int = FORMAT

    @property
    def jobs(self) -> int:
        """The number of jobs that the components share."""
        return -(-self.components // self.chunksize)


_FIELDS = frozenset(attrs.fields_dict(MapRecord))


def record_text(record: MapRecord) -> str:
    """Return the text of ``map.json``."""
    plain = {**attrs.asdict(record), "pool": plain_address(record.pool)}
    return seal({"format": plain.pop("format"), **plain}, indent=1)


def record_from(text: bytes) -> MapRecord:
    """Return the record in the text of ``map.json``.

    :raises ValueError: the text is damaged, or of another version of HTMap.
    :raises TypeError: likewise.
    :raises KeyError: likewise.
    """
    plain = unseal(text, unsealed=_KEYS_OF_0_7_0)
    if plain["format"] != (FORMAT if is_sealed(text) else _FORMAT_OF_0_7_0):
        raise ValueError("written by another version of HTMap")
    known = {key: value for key, value in plain.items() if key in _FIELDS}
    return MapRecord(**{**known, "pool": PoolAddress(**plain["pool"])})


def submit_text(commands: Mapping[str, str], columns: Sequence[str], programs: Mapping[str, str]) -> str:
    """Return the text of ``submit.json``.

    :param programs: the checksums of the files in the map's directory that jobs run, by name.
    """
    return seal({"commands": dict(commands), "columns": columns, "programs": dict(programs)}, indent=1)


def submit_from(text: bytes) -> tuple[dict[str, str], tuple[str, ...], dict[str, str]]:
    """Return commands, columns and programs in the text of ``submit.json``; no programs where 0.7.0 has written it.

    :raises ValueError: the text is damaged.
    :raises TypeError: likewise.
    :raises KeyError: likewise.
    """
    content = unseal(text, unsealed={"commands", "columns"})
    return dict(content["commands"]), tuple(content["columns"]), dict(content.get("programs", {}))


def plain_address(address: PoolAddress) -> dict[str, Any]:
    """Return an address as plain values for JSON."""
    return {**attrs.asdict(address), "configuration": address.configuration and str(address.configuration)}
