"""Measure creating, submitting and removing small and large maps. No slot may run them: only the client is measured."""

from __future__ import annotations

from collections.abc import Iterator

from measure import in_a_new_process

from .rows import Row

_MILLION = 1_000_000
_GROWTH = 10  # MB, from ten to a hundred thousand components


def create_and_remove(quick: bool) -> Iterator[Row]:
    """Create maps of growing size; remove one whose jobs are in the queue."""
    small = in_a_new_process("create", "creation-10k", 10_000)
    large = in_a_new_process("create", "creation-100k", 100_000)
    yield Row(
        "create and submit 100k components", large["seconds"], 1.7, "s", note="late materialization, with all imports"
    )
    note = (
        f"{small['peak_mb']:.0f} MB with 10k; all growth is in the bindings, which hold the item file while they submit"
    )
    yield Row("peak memory of that", large["peak_mb"], small["peak_mb"] + _GROWTH, "MB", note=note)
    removal = in_a_new_process("remove", "creation-100k")
    yield Row("remove 100k components, just submitted", removal["seconds"], 2, "s")
    in_a_new_process("remove", "creation-10k")
    if quick:
        return
    huge = in_a_new_process("create", "creation-1M", _MILLION)
    yield Row("create and submit 1M components", huge["seconds"], 15, "s")
    yield Row("peak memory of that", huge["peak_mb"], 220, "MB")
    removal = in_a_new_process("remove", "creation-1M")
    yield Row("remove 1M components, just submitted", removal["seconds"], None, "s")


def mistakes(quick: bool) -> Iterator[Row]:
    """Create maps with and without the look for mistakes, in turn: what else goes on concerns both."""
    times: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(3 if quick else 7):
        for looks, taken in times.items():
            taken.append(in_a_new_process("create_looking", f"{looks}-{number}", 100_000, looks)["cpu"])
    best, without = min(times["with"]), min(times["without"])
    what = "processor time to create 100k components with the look for mistakes, over without"
    yield Row(
        what, best / without, 1.05, "x", note=f"{best:.2f} s and {without:.2f} s, the best of {len(times['with'])}"
    )


def small(_: bool) -> Iterator[Row]:
    """Create maps of one component and of ten."""
    for count, name in ((1, "one component"), (10, "ten components")):
        made = in_a_new_process("create_small", count)
        what = f"a map of {name}"
        yield Row(f"{what}: map(), the first of a program", 1000 * made["first"], 380, "ms", note="with all imports")
        yield Row(f"{what}: map(), the next ones", 1000 * made["next"], 40, "ms")
        yield Row(f"{what}: files and folders", made["entries"], 24, "")
        yield Row(f"{what}: on disk, before it runs", made["bytes"] / 1024, 100, "KiB", note="without what maps share")
