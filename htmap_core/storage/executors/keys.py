"""By what the calls of an executor are found again: a small file beside the inputs of each portion, which does not travel.

In frames of inputs the keys would travel to each job, and whoever looks for a call would have to read all inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Optional

import attrs

from htmap_core import names
from htmap_core.files.atomic import write_atomically
from htmap_core.files.reading import read_file
from htmap_core.files.sealed import seal, unseal
from htmap_core.storage.content.formats import WRITTEN, check_needs
from htmap_core.storage.faults.damage import check_shape, told_as_damage

_SHAPE = {"keys": list, "instead?": dict}
_BYTES = 16  # of a fingerprint


class CallKey(NamedTuple):
    """By what a call is found again.

    :param digest: the fingerprint of function and arguments, in hexadecimal digits; None where it equals nothing.
    :param instead_of: the component of the same call whose place it takes; None if there is none.
    """

    digest: Optional[str]
    instead_of: Optional[int] = None


@attrs.frozen
class Keys:
    """The keys of a portion's calls.

    :param digests: the fingerprint of each call; None where it equals nothing.
    :param instead_of: the components whose place some of them take, by the index in the portion.
    """

    digests: Sequence[Optional[bytes]] = ()
    instead_of: Mapping[int, int] = attrs.field(factory=dict)


def write(folder: Path, keys: Sequence[CallKey]) -> None:
    """Write the keys of a portion's calls, in the order of the components.

    :param folder: the portion's folder.
    """
    instead = {str(index): key.instead_of for index, key in enumerate(keys) if key.instead_of is not None}
    content = {"format": WRITTEN, "keys": [key.digest for key in keys], **({"instead": instead} if instead else {})}
    write_atomically(folder / names.KEYS, seal(content))


def read(folder: Path, components: range, so_far: int) -> Keys:
    """Return the keys of a portion's calls; none where no executor with a tag has made it.

    :param components: those of the portion.
    :param so_far: how many components come before the portion: what a call takes the place of is one of them.
    :raises CorruptMap: the file is damaged.
    :raises MadeByNewerHTMap: a newer HTMap wrote what this one does not understand.
    """
    path = folder / names.KEYS
    consequence = "finished calls are not found again; without the file they run once more"
    try:
        with told_as_damage(path, consequence):
            content = unseal(read_file(path))
            check_needs(content, path)
            check_shape(content, _SHAPE)
            instead = {int(index): component for index, component in content.get("instead", {}).items()}
            digests = list(_digests(content["keys"]))
            _check(digests, instead, components, so_far)
    except FileNotFoundError:
        return Keys()
    return Keys(digests, instead)


def _digests(texts: Sequence[Optional[str]]) -> Iterator[Optional[bytes]]:
    for text in texts:
        digest = None if text is None else bytes.fromhex(text)
        if digest is not None and len(digest) != _BYTES:
            raise ValueError(f"it is damaged: it has the key {text!r}")
        yield digest


def _check(digests: Sequence[Optional[bytes]], instead_of: Mapping[int, int], components: range, so_far: int) -> None:
    if len(digests) != len(components):
        raise ValueError(f"it is damaged: it has {len(digests)} keys for {len(components)} calls")
    for index, component in instead_of.items():
        if not (0 <= index < len(components) and isinstance(component, int) and 0 <= component < so_far):
            raise ValueError(f"it is damaged: a call takes the place of component {component!r}")
