"""Futures of maps that ran on this machine, that an earlier version made, and in a notebook."""

from __future__ import annotations

import asyncio
import functools
import os
from pathlib import Path
from typing import Any

import jupyter_client.manager
import nbclient
import nbformat
import pytest

import htmap
from htmap_core.testing import eventually
from tests.pool.old_maps.unpacking import needs_their_python, unpack
from tests.unit.conftest import MakeMap
from tests.unit.futures.conftest import Submitted

WAIT = 180.0


@pytest.mark.parametrize("where", ["here", "processes"])
def test_a_map_that_ran_on_this_machine_has_futures(htmap_dir: Path, where: str) -> None:
    mapped = htmap.map(lambda x: 12 / x, [3, 0], where=where)
    good, bad = mapped.futures()
    assert good.result(WAIT) == 4
    assert isinstance(bad.exception(WAIT), ZeroDivisionError)
    assert not bad.cancel()

    async def main() -> Any:
        return [outcome.ok async for outcome in mapped.outcomes()]

    assert asyncio.run(main()) == [True, False]


@needs_their_python
def test_a_map_of_an_earlier_version_has_futures(htmap_dir: Path) -> None:
    unpack("finished", htmap_dir)
    futures = htmap.load("kinds").futures()
    assert [future.done() for future in futures] == [True] * 6
    assert futures[5].result() is True
    assert repr(futures[2].exception()) == repr(ValueError("there is no 2"))


CELLS = [
    "import asyncio, concurrent.futures, htmap",
    "mapped = htmap.map(lambda x: 2 * x, range(3), where='here')",
    "await mapped",
    "await asyncio.gather(*mapped.futures())",
    "[outcome.value async for outcome in mapped.outcomes()]",
    "asyncio.get_running_loop().call_later(0.2, tide_ends); tide = htmap.load('tide'); await tide",
    "await tide.futures()[1]",
]
TIDE_ENDS = """
def tide_ends():
    with open({path!r}, "a") as log:
        for row in range(2):
            head = f"(17.{{row:03}}.000) 2026-11-21 09:00:00"
            log.write(f"001 {{head}} Job executing on host: <192.0.2.1:9618>\\n...\\n")
            log.write(f"005 {{head}} Job terminated.\\n\\t(1) Normal termination (return value 0)\\n...\\n")
"""


@pytest.fixture
def jupyter(tmp_path: Path, htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have kernels use folders of their own."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("HTMAP_DIR", str(htmap_dir))


@pytest.mark.usefixtures("jupyter")
def test_a_notebook_awaits_maps_and_futures(make_map: MakeMap, tmp_path: Path) -> None:
    map_dir = make_map("tide", 2, {0: "first", 1: "second"})
    map_dir.submissions.taken(map_dir.submissions.intend(2, late=False), 17)
    sources = [TIDE_ENDS.format(path=os.fspath(map_dir.events)), *CELLS]
    made: Any = nbformat.v4
    notebook = made.new_notebook(cells=[made.new_code_cell(source) for source in sources])
    nbclient.NotebookClient(notebook, timeout=int(WAIT), resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [cell.outputs[-1].data["text/plain"] for cell in notebook.cells[3:]]
    assert shown == ["[0, 2, 4]", "[0, 2, 4]", "[0, 2, 4]", "['first', 'second']", "'second'"]


COUNT = """
import asyncio, htmap
from htmap_core.maps.queue.cancelling import Cancelling
gone = []
Cancelling.cancel_all = lambda _: gone.append("all")
Cancelling.cancelled = lambda _, future: gone.append(future.component)
async def nested(waits):
    await waits
async def tick():  # ipykernel 7 interrupts no cell before something happens in its loop
    while True:
        await asyncio.sleep(0.05)
ticking = asyncio.ensure_future(tick())
tide = htmap.load("tide")
"""


def prints(client: Any, words: str) -> bool:
    content = client.get_iopub_msg(timeout=WAIT)["content"]
    return content.get("name") == "stdout" and words in content["text"]


@pytest.mark.usefixtures("jupyter")
def test_to_interrupt_a_cell_cancels_nothing(submitted: Submitted) -> None:
    submitted(2)
    manager, client = jupyter_client.manager.start_new_kernel(startup_timeout=WAIT)
    try:
        client.execute_interactive(COUNT, timeout=WAIT)
        for waits in ("tide", "tide.futures()[1]", "nested(tide)"):
            words = f"waits for {waits}"  # its line's end may come as a message of its own, when the next cell has not begun
            client.execute(f"asyncio.get_running_loop().call_later(0.2, print, {words!r})\nawait {waits}")
            eventually(functools.partial(prints, client, words), says="the cell prints before it is interrupted")
            manager.interrupt_kernel()
            assert client.get_shell_msg(timeout=WAIT)["content"]["ename"] == "CancelledError"
        client.execute("assert gone == []")
        assert client.get_shell_msg(timeout=WAIT)["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
