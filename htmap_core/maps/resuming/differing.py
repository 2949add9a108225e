"""The inputs of a map that are others now than they were."""

from __future__ import annotations

import hashlib
from collections import Counter


class Differing:
    """The components whose inputs differ.

    :ivar count: how many they are.
    :ivar component: the first of them.
    :ivar first: in what that one differs.
    """

    def __init__(self) -> None:
        self.count = 0
        self.component: int | None = None
        self.first = ""
        self._pickles: Counter[bytes] = Counter()  # how many more there were than there are

    def add(self, component: int, before: bytes, now: bytes, difference: str) -> None:
        """Add a component."""
        if self.component is None:
            self.component, self.first = component, difference
        self.count += 1
        self._pickles[digest(before)] += 1
        self._pickles[digest(now)] -= 1

    @property
    def are_the_same(self) -> bool:
        """Whether the inputs are those that there were, in another order."""
        return not any(self._pickles.values())


def digest(payload: bytes) -> bytes:
    """Return what tells pickles apart."""
    return hashlib.blake2b(payload, digest_size=16).digest()
