"""Futures, and waiting in an event loop, have the type that the function returns."""

from __future__ import annotations

import asyncio
import concurrent.futures

from typing_extensions import assert_type

import htmap


def text(number: int) -> str:
    return str(number)


found = htmap.map(text, range(3))
futures = found.futures()
assert_type(futures, list[htmap.Future[str]])
assert_type(found.futures([0, 2], patience=60)[0].result(timeout=60), str)
assert_type(futures[0].exception(), "BaseException | None")
assert_type(futures[0].tag, "str | None")
for each in concurrent.futures.as_completed(futures):
    assert_type(each.result(), str)
done, left = concurrent.futures.wait(futures)
plain: concurrent.futures.Future[str] = futures[0]


async def main() -> list[str]:
    assert_type(await found, list[str])
    assert_type(await futures[0], str)
    async for outcome in found.outcomes():
        assert_type(outcome, htmap.Outcome[str])
    await asyncio.gather(*futures)
    return await asyncio.wait_for(found, 60)


print(asyncio.run(main()), len(done), len(left), plain)
