"""A script, which any Python runs: defines animals in its ``__main__``, pickles them, and looks at what became of them elsewhere.

    python keeper.py FOLDER

FOLDER has ``sources``. The keeper writes there how it pickled the animals, says so, and waits for a line.
Then the folder has what was returned, and the keeper writes ``found``. All files are pickles of plain data.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any, Callable

import cloudpickle

try:
    from htmap_core.results.pickling import pickle_function, pickle_input
except ImportError:  # a Python that has the execute side alone, whose pickler is the one of the submit side
    from htmap_run import pickling

    def _by_htmap(thunk: Any) -> bytes:
        return pickling.dumped(((thunk,), {}), pickling.pickler())[0]

    def _function_by_htmap(function: Any) -> bytes:
        return pickling.dumped(function, pickling.pickler())[0]

else:

    def _by_htmap(thunk: Any) -> bytes:
        return pickle_input((thunk,), {}, 0).payload

    def _function_by_htmap(function: Any) -> bytes:
        return pickle_function(function).payload


Way = Callable[[Any], bytes]
WAYS: dict[str, Way] = {"plain": cloudpickle.dumps, "htmap": _by_htmap, "function": _function_by_htmap}


def visit(thunk: Callable[[], Any]) -> Any:
    """Return what is seen of an animal, and the animal itself; this is the mapped function."""
    return thunk()


def visiting(animal: Any, look: Callable[[Any], Any]) -> Callable[[], Any]:
    """Return a function that has an animal and the function that looks at it as helpers."""
    return lambda: (look(animal), animal)


def pickled(value: Any, way: Way) -> tuple[bytes, str]:
    """Return a pickle, or the names of the error's classes."""
    try:
        return way(value), ""
    except Exception as error:
        return b"", " from ".join(type(each).__name__ for each in (error, error.__cause__) if each)


def wrong(returned: bytes | str, look: Callable[[Any], Any], expected: Any) -> str:
    """Return what is wrong with what came back of an animal, or with how it failed; empty if nothing is."""
    if isinstance(returned, str):
        return returned
    try:
        seen, animal = pickle.loads(returned)
        again = look(animal)
    except Exception as error:
        return f"cannot be looked at when it is back: {error!r}"
    if seen != expected:
        return f"there it is {seen!r}, not {expected!r}"
    return "" if again == expected else f"back again it is {again!r}, not {expected!r}"


def main(folder: Path) -> None:
    animals: dict[str, tuple[Any, Callable[[Any], Any]]] = {}
    payloads: dict[str, dict[str, bytes]] = {way: {} for way in WAYS}
    errors: dict[str, dict[str, str]] = {}
    for name, source in pickle.loads((folder / "sources").read_bytes()).items():
        namespace: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(source, "zoo.txt", "exec", dont_inherit=True), namespace)
        animals[name] = namespace["animal"], namespace["look"]
        errors[name] = {}
        for way, dumps in WAYS.items():
            payload, errors[name][way] = pickled(visiting(*animals[name]), dumps)
            if payload:
                payloads[way][name] = payload
    (folder / "pickled").write_bytes(pickle.dumps((_function_by_htmap(visit), payloads, errors)))
    print("pickled", flush=True)
    sys.stdin.readline()
    found: dict[str, dict[str, str]] = {}
    for name, ways in pickle.loads((folder / "returned").read_bytes()).items():
        animal, look = animals[name]
        found[name] = {way: wrong(returned, look, look(animal)) for way, returned in ways.items()}
    (folder / "found").write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
