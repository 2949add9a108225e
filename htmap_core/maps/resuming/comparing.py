"""Whether a map on disk is the one that would be made now: the same function over the same inputs, as far as it goes."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Optional

from htmap_core import names
from htmap_core.exceptions import MapDiffers
from htmap_core.fingerprints.fingerprint import Fingerprint, Incomparable
from htmap_core.maps.drafts.draft import Draft
from htmap_core.maps.drafts.kept import FUNCTION, MODULES, USED, Kept
from htmap_core.maps.earlier_runs import FUNCTION as OF_CHUNKING
from htmap_core.maps.resuming.differing import Differing
from htmap_core.results.unpickling.payloads import CannotUnpickle, unpickle
from htmap_core.storage.content import source_lines
from htmap_core.storage.content.inputs import Inputs, read_function
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.files.arguments import Arguments
from htmap_core.submission.mistakes.calls import Call

_MAY_HAVE = "a module, a global variable, a default, a closure, or the version of Python or of a package"
_SHOWN_LINES = 12  # of changed source: enough to recognise what was changed


class Comparison:
    """The comparison of a map with what would be made now. Nothing of the map is changed, and no pool is asked.

    Equal pickles are of equal inputs. Where they differ, fingerprints tell, and what has none that can be compared differs. Code
    of the map is not unpickled: in the process that has pickled it, that would change the program's own classes.

    :ivar compared: how many components were compared so far.
    """

    def __init__(self, map_dir: MapDir, tag: str, draft: Draft, kept: Kept) -> None:
        self.compared = 0
        self._map_dir, self._tag, self._draft, self._kept = map_dir, tag, draft, kept
        self._arguments = Arguments(
            lambda *_: Path(), kept.pickle_input
        )  # the pickles name what is large by its content
        self._repr = reprlib.Repr()
        self._repr.maxstring = self._repr.maxother = 60

    # --- the function

    def check_function(self) -> None:
        """Compare the function.

        :raises MapDiffers: it is another one, or cannot be compared.
        """
        if self._map_dir.record.executor:
            raise self._differs("executor", "")
        now, before = self._kept.fingerprints.function, self._function_then()
        if now.incomparable:
            raise self._differs("function", f"it cannot be compared with what it was: {_named(now.incomparable)}")
        if before is None:
            self._check_function_withoutdigest()
        elif before != now.digest:
            raise self._differs("function", self._changed_source())

    def _function_then(self) -> str | None:
        record = self._map_dir.record
        found = (record.kept or {}).get(FUNCTION) or (record.chunking or {}).get(OF_CHUNKING)
        return found if isinstance(found, str) else None

    def _check_function_withoutdigest(self) -> None:
        """Compare the pickle of a function whose digest was not kept. It does not tell what is in modules of the user's."""
        pickled = self._draft.function
        own = sorted(name for name in pickled.modules if self._kept.fingerprints.of_module(name) is not None)
        if own:
            reason = f"the map did not keep what was in {', '.join(own)}"
            raise self._differs("function", f"it cannot be compared with what it was: {reason}")
        if read_function(self._map_dir.path / names.FUNCTION) != pickled.payload:
            raise self._differs("function", self._changed_source())

    def _changed_source(self) -> str:
        """Return the lines of source that have changed, or else what may have."""
        changed = source_lines.changed(self._map_dir.source_lines, self._draft.function.functions)
        if changed:
            return "\n".join(changed[:_SHOWN_LINES] + ["..."] * (len(changed) > _SHOWN_LINES))
        then, now = (self._map_dir.record.kept or {}).get(USED) or {}, self._kept.fingerprints.of_what_is_used()
        used = [name for name, digest in now.items() if name in then and then[name] != digest]
        return f"what it uses has changed: {', '.join(used) or _MAY_HAVE}"

    # --- the inputs

    def next_after(self, calls: Iterator[Call]) -> Optional[Call]:
        """Compare all components that the map has by now and that were not compared yet with the next calls.

        :returns: the first call that the map does not have; None if there is none.
        :raises MapDiffers: the map has more components, or others, or in another order.
        """
        differing = Differing()
        for component, block in self._map_dir.inputs(self.compared):
            call = next(calls, None)
            if call is None:
                break
            self._compare(component, block, call, differing)
            self.compared = component + 1
        has = self._map_dir.placement.components
        if differing.count:
            what = "order" if differing.are_the_same and self.compared == has else "inputs"
            raise self._differs(what, differing.first, component=differing.component, count=differing.count)
        if self.compared < has:
            raise self._differs("fewer", "", count=self.compared)
        self._check_modules()
        return next(calls, None)

    def _compare(self, component: int, block: Inputs, call: Call, differing: Differing) -> None:
        pickled, before = self._arguments.of_call(component, *call), block.payload(component)
        if pickled.payload == before:
            return
        difference = self._difference(component, block, before, call)
        if difference is not None:
            differing.add(component, before, pickled.payload, difference)

    def _difference(self, component: int, block: Inputs, before: bytes, call: Call) -> str | None:
        """Return in what an input differs whose pickle does; None if it is the same."""
        now = self._kept.fingerprints.of_input(*call)
        if now.incomparable:
            return f"it cannot be compared with what it was: {_named(now.incomparable)}"
        if block.by_value(component) is not False:
            then = block.fingerprint(component)
            return None if then == now.digest else f"it is {self._shown(call)} now, with code of the script"
        try:
            python = self._map_dir.record.versions.get("python", "")
            path_of = self._map_dir.arguments_of(component)
            was: Call = unpickle(before, self._tag, component, python, by_value=False, path_of=path_of)
        except CannotUnpickle as error:
            return f"what it was cannot be read: {error.reason}"
        found: Fingerprint = self._kept.fingerprints.of_input(*was)
        if found.digest == now.digest:
            return None
        return f"it was {self._shown(was)}, and is {self._shown(call)} now"

    def _shown(self, call: Call) -> str:
        args, kwargs = call
        given = [self._repr.repr(each) for each in args]
        return f"({', '.join([*given, *(f'{name}={self._repr.repr(each)}' for name, each in kwargs.items())])})"

    def _check_modules(self) -> None:
        """Compare the user's modules that inputs need: their pickles name them only.

        :raises MapDiffers: one has changed, or the map did not keep what was in it.
        """
        kept = [self._map_dir.record.kept, *(each.kept for each in self._map_dir.added().values())]
        then: dict[str, Any] = {name: of for each in kept if each for name, of in each.get(MODULES, {}).items()}
        changed = [name for name, digest in self._kept.modules().items() if then.get(name) != digest]
        if changed:
            missing = [name for name in changed if name not in then]
            text = f"the code of {', '.join(changed)} has changed, which they need"
            if missing:
                text = f"they need {', '.join(missing)}, and the map did not keep what was in it"
            raise self._differs("inputs", text, component=0, count=self.compared)

    def more(self) -> MapDiffers:
        """Return the error where there are inputs for more, and none can be added: all components of a map run in one place."""
        if self._map_dir.is_here:
            return self._differs("more", "it ran on this machine, and only a map in a pool gets more")
        return self._differs(
            "more", "it is in a pool, and what is new is to run on this machine; without `where` it runs there, too"
        )

    def _differs(self, what: str, detail: str, *, component: int | None = None, count: int = 0) -> MapDiffers:
        return MapDiffers(self._tag, what, detail, component, count, self._map_dir.placement.components)


def _named(found: Iterable[Incomparable]) -> str:
    return "; ".join(f"{each.where} ({each.kind}): {each.reason}" for each in found)
