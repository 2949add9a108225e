"""The contents of ``map.json`` and ``submit.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core.contract.pools import PoolAddress
from htmap_core.files.sealed import is_sealed, seal, unseal
from htmap_core.storage.content.formats import JOBS_DIFFER, WRITTEN, check_needs
from htmap_core.storage.content.paths import absolute, relative, with_root, without_root
from htmap_core.storage.faults.damage import check_shape, check_texts
from htmap_core.storage.jobs import JobSizes

MOST_COMPONENTS = 10**8  # more do not fit into memory, nor into any schedd

_TEXT_OR_NONE = (str, type(None))
_ADDRESS = {"pool": str, "configuration?": _TEXT_OR_NONE, "schedd?": _TEXT_OR_NONE, "collector?": _TEXT_OR_NONE}
_RECORD = {
    "components": int,
    "chunksize": int,
    "delivery_method": str,
    "pool": _ADDRESS,
    "versions": dict,
    "options": dict,
    "created": (int, float),
    "untagged?": bool,
    "format": int,
    "sizes?": [[int]],
    "chunking?": (dict, type(None)),
    "delivery_reason?": str,
    "plugin_files?": [str],
    "kept?": (dict, type(None)),
    "executor?": bool,
}
_SUBMIT = {
    "commands": dict,
    "columns": [str],
    "relative?": [str],
    "programs?": dict,
    "authors?": (dict, type(None)),
}
_FORMAT_OF_0_7_0 = 1  # without checksums
_KEYS_OF_0_7_0 = frozenset(
    {"format", "components", "chunksize", "delivery_method", "pool", "versions", "options", "created"}
)
_NUMBER_OF_COMPONENTS = attrs.validators.and_(attrs.validators.ge(1), attrs.validators.le(MOST_COMPONENTS))


@attrs.frozen
class MapRecord:
    """The contents of ``map.json``: the facts that creation fixes.

    :param components: the number of components.
    :param chunksize: how many of them share a job; where jobs differ in that, the most that do.
    :param versions: the versions of Python, cloudpickle and HTMap on the submit side.
    :param options: the map options as given, for people to read.
    :param created: the time of creation, in seconds since the epoch.
    :param untagged: whether the map may be transient: nobody gave it a tag when it was created. Not known of old maps.
    :param format: the format of the map's files; of a newer one, this version understands all that it needs.
    :param sizes: where jobs differ in size, the runs of jobs of one size: how many they are, and how many components each has.
    :param chunking: why HTMap has chosen these sizes, as plain facts; None where the user has.
    :param delivery_reason: who has chosen the delivery method, and why, for people to read. Not known of old maps.
    :param plugin_files: the one-off plugins that the map was made with.
    :param kept: of a map that a script may find again: the digest of its ``function``, if that can be compared, those of what it
        has ``used``, and of the user's ``modules`` that its inputs need.
    :param executor: whether an executor has made the map, of calls of any functions.
    """

    components: int = attrs.field(validator=_NUMBER_OF_COMPONENTS)
    chunksize: int = attrs.field(validator=_NUMBER_OF_COMPONENTS)
    delivery_method: str
    pool: PoolAddress
    versions: Mapping[str, str]
    options: Mapping[str, Any]
    created: float
    untagged: bool = True
    format: int = WRITTEN
    sizes: Sequence[Sequence[int]] = attrs.field(default=())
    chunking: Optional[Mapping[str, Any]] = None
    delivery_reason: str = ""
    plugin_files: Sequence[str] = attrs.field(default=())
    kept: Optional[Mapping[str, Any]] = None
    executor: bool = False

    @sizes.validator
    def _check_sizes(self, _: object, sizes: Sequence[Sequence[int]]) -> None:
        if any(number < 1 for run in sizes for number in run):
            raise ValueError(f"jobs cannot have the sizes {sizes!r}")
        if sizes and sum(jobs * size for jobs, size in sizes) != self.components:
            raise ValueError(f"jobs of the sizes {sizes!r} do not have {self.components} components")

    @property
    def jobs(self) -> int:
        """The number of jobs that the components share."""
        return sum(jobs for jobs, _ in self.sizes) or -(-self.components // self.chunksize)

    @property
    def job_sizes(self) -> JobSizes:
        """How many components each job has."""
        if self.sizes:
            return JobSizes(((jobs, size) for jobs, size in self.sizes), self.components)
        return JobSizes.equal(self.components, self.chunksize)


_FIELDS = frozenset(attrs.fields_dict(MapRecord))


def record_text(record: MapRecord, root: Path) -> str:
    """Return the text of ``map.json`` in an HTMAP_DIR."""
    plain = {**attrs.asdict(record), "pool": plain_address(record.pool, root)}
    needs = {"needs": JOBS_DIFFER} if plain["sizes"] else {}  # else it is read by all that read the rest
    for name in ("sizes", "chunking", "delivery_reason", "plugin_files", "kept", "executor"):
        if not plain[name]:
            del plain[name]
    return seal({"format": plain.pop("format"), **needs, **plain}, indent=1)


def record_from(text: bytes, path: Path, root: Path) -> MapRecord:
    """Return the record in the text of ``map.json``.

    :param path: the path of the file, for the exception.
    :param root: the HTMAP_DIR that it is in.
    :raises MadeByNewerHTMap: a newer HTMap wrote what this one does not understand.
    :raises ValueError: the text is damaged; or what else making sense of it raises.
    """
    plain = unseal(text, unsealed=_KEYS_OF_0_7_0)
    if is_sealed(text) is (plain["format"] == _FORMAT_OF_0_7_0):
        raise ValueError("its format and its checksum do not fit")
    check_needs(plain, path)
    check_shape(plain, _RECORD)
    check_texts(plain["versions"])
    known = {key: value for key, value in plain.items() if key in _FIELDS}
    return MapRecord(**{**known, "pool": address_from(plain["pool"], root)})


def pool_from(text: bytes, root: Path) -> PoolAddress:
    """Return the pool in the text of a ``map.json`` that a newer HTMap wrote, as far as this one understands it.

    :raises ValueError: there is none; or what else making sense of it raises.
    """
    return address_from(unseal(text)["pool"], root)


@attrs.frozen
class SubmitRecord:
    """The contents of ``submit.json``: the final submit description.

    :param columns: the item columns.
    :param programs: the checksums of the files in the map's directory that jobs run, by name; none where 0.7.0 has written it.
    :param authors: who has set each command, by its name, but for those that HTMap alone has set; None for old maps.
    """

    commands: dict[str, str]
    columns: tuple[str, ...]
    programs: dict[str, str]
    authors: Optional[dict[str, str]] = None


def submit_text(submit: SubmitRecord, root: Path) -> str:
    """Return the text of ``submit.json`` in an HTMAP_DIR, whose own path is not in it."""
    plain, relative_ones = without_root(submit.commands, root)
    content = {"commands": plain, "relative": relative_ones, "columns": submit.columns, "programs": submit.programs}
    authors = {} if submit.authors is None else {"authors": submit.authors}
    return seal({"format": WRITTEN, **content, **authors}, indent=1)


def submit_from(text: bytes, path: Path, root: Path) -> SubmitRecord:
    """Return the contents of ``submit.json`` from its text.

    :param path: the path of the file, for the exception.
    :param root: the HTMAP_DIR that it is in.
    :raises MadeByNewerHTMap: a newer HTMap wrote what this one does not understand.
    :raises ValueError: the text is damaged; or what else making sense of it raises.
    """
    content = unseal(text, unsealed={"commands", "columns"})
    check_needs(content, path)
    check_shape(content, _SUBMIT)
    for texts in ("commands", "programs"):
        check_texts(content.get(texts) or {})
    commands = with_root(content["commands"], content.get("relative", ()), root)
    authors = content.get("authors")
    known = None if authors is None else {str(name): str(by) for name, by in authors.items()}
    return SubmitRecord(commands, tuple(content["columns"]), dict(content.get("programs", {})), known)


def plain_address(address: PoolAddress, root: Path) -> dict[str, Any]:
    """Return an address as plain values for JSON in an HTMAP_DIR."""
    configuration = None if address.configuration is None else relative(address.configuration, root)
    return {**attrs.asdict(address), "configuration": configuration}


def address_from(plain: Mapping[str, Any], root: Path) -> PoolAddress:
    """Return the address in plain values from JSON; a later version may have more to say about it.

    :raises ValueError: it is none.
    """
    check_shape(plain, _ADDRESS)
    known = {key: value for key, value in plain.items() if key in _ADDRESS_FIELDS}
    given = known.get("configuration")
    check_texts({name: text for name, text in known.items() if text is not None})
    return PoolAddress(**{**known, "configuration": given and absolute(given, root)})


_ADDRESS_FIELDS = frozenset(attrs.fields_dict(PoolAddress))
