"""What a map keeps of its function and its inputs, so that a later run of the script can tell whether they are the same."""

from __future__ import annotations

from typing import Any

from htmap_core.fingerprints.fingerprint import Fingerprints
from htmap_core.results.pickling import Pickled, pickle_input

FUNCTION, MODULES, USED = "function", "modules", "used"


class Kept:
    """What is kept of a map, noted while its inputs are pickled.

    The pickle of an input tells most: equal ones are of equal inputs. It does not tell what has become of the user's modules,
    which it names and does not have. Nor do two pickles of the same class by value equal each other; so the digest of an input
    with code is kept beside it, for such code is not unpickled where it would meet its own class.

    :ivar fingerprints: those of the map's function and inputs.
    """

    def __init__(self, fingerprints: Fingerprints) -> None:
        self.fingerprints = fingerprints
        self._modules: set[str] = set()

    def pickle_input(self, args: tuple[Any, ...], kwargs: dict[str, Any], component: int) -> Pickled:
        """Pickle the arguments of one call, and note what is to be kept of them.

        :raises CannotPickle: the arguments contain an object that cannot be pickled.
        """
        pickled = pickle_input(args, kwargs, component, looks_for_modules=True)
        if pickled.modules:
            self._modules.update(pickled.modules)
        if not pickled.by_value:
            return pickled
        found = self.fingerprints.of_input(args, kwargs)
        return pickled._replace(fingerprint=None if found.incomparable else found.digest)

    def facts(self) -> dict[str, Any]:
        """Return what is written down."""
        function = self.fingerprints.function
        digest = None if function.incomparable else function.digest
        return {FUNCTION: digest, MODULES: self.modules(), USED: self.fingerprints.of_what_is_used()}

    def modules(self) -> dict[str, str]:
        """Return the digests of the user's modules that the inputs so far need, by name."""
        by_name = sorted(self._modules - {"__main__"})  # what is of the script goes by value
        found = ((name, self.fingerprints.of_module(name)) for name in by_name)
        return {name: digest for name, digest in found if digest is not None}
