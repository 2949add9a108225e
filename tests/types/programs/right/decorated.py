"""A mapped function keeps its own signature, and its maps have the types of its results."""

from __future__ import annotations

from typing_extensions import assert_type

import htmap


@htmap.mapped
def bare(number: int) -> str:
    return str(number)


@htmap.mapped()
def called(number: int, more: int = 0, *, shift: int = 0) -> float:
    return float(number + more + shift)


@htmap.mapped(map_options=htmap.MapOptions(request_memory="200MB"))
def by_name(number: int) -> list[int]:
    return [number]


@htmap.mapped(htmap.MapOptions(request_memory="200MB"))
def by_position(number: int) -> dict[str, int]:
    return {"number": number}


assert_type(bare(1), str)
assert_type(called(1, more=2, shift=3), float)
assert_type(by_name(number=1), list[int])
assert_type(by_position(1), dict[str, int])

assert_type(bare.map([1, 2]), htmap.Map[str])
assert_type(bare.map(range(2), "tide")[0], str)
assert_type(called.map([1, 2], map_options=htmap.MapOptions(request_memory="1GB")), htmap.Map[float])
assert_type(by_name.map([1])[0][0], int)
assert_type(by_position.map((1, 2), chunksize=2), htmap.Map[dict[str, int]])
assert_type(bare.map([True]), htmap.Map[str])

assert_type(called.starmap([(1, 2), (3,)], [{"shift": 3}]), htmap.Map[float])
assert_type(called.starmap(kwargs=[{"number": 3}]), htmap.Map[float])

with called.build_map() as builder:
    builder(1)
    builder(1, 2, shift=3)
assert_type(builder.map, htmap.Map[float])


def print_plan(plan: htmap.Plan) -> None:
    print(plan)


if htmap.get_tags("never-*"):
    print_plan(called.plan([1, 2]))
    print_plan(htmap.plan(bare, [1, 2]))

assert_type(htmap.map(bare, [1]), htmap.Map[str])
assert_type(htmap.mapped(len).map(["a"]), htmap.Map[int])
double: htmap.MappedFunction[[int], int] = htmap.mapped(lambda number: 2 * number)
assert_type(double.map([1, 2])[0], int)


def apply(function: htmap.MappedFunction[[int], str]) -> htmap.Map[str]:
    return function.map([1])


kept: dict[str, htmap.MappedFunction] = {"bare": bare, "called": called}
apply(bare)
print(len(kept))


class Model:
    """A method that is mapped is bound to its object."""

    @htmap.mapped
    def run(self, number: int) -> float:
        return float(number)


model = Model()
assert_type(model.run(3), float)
