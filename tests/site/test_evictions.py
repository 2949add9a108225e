"""Jobs of several components that go on at another host."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import htmap
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import bare_environment, eventually, python_of
from tests.site.contracts import TIMEOUT
from tests.site.hosts import HOME_OF_HOST, Site

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = Path(python_of(HERE)).resolve().parents[1]
VISIBLE = [PYTHON] if Path("/usr") != PYTHON else []


def test_what_was_finished_is_kept_when_the_job_goes_on_at_another_host(on_site: Site) -> None:
    htmap.settings["DELIVERY_METHOD"] = "assume"
    first = on_site.add_host("first", visible=VISIBLE)

    def where(component: int) -> str:
        import platform

        Path("file").write_text(f"{component} at {platform.node()}")
        htmap.transfer_output_files("file")
        print(component, "at", platform.node())
        if component == 2 and platform.node() == "first":
            Path("reached").touch()
            time.sleep(600)
        return platform.node()

    mapped = htmap.map(where, range(4), htmap.MapOptions(environment=bare_environment(HERE)), chunksize=4)
    eventually(lambda: first.run("find", str(HOME_OF_HOST), "-name", "reached").stdout, says="component 2 runs")
    mapped.hold()
    spool = Path(find_pool()[1].parameter("SPOOL") or "")
    eventually(lambda: list(spool.glob("*/*/*.subproc0/_htmap_return/result")), says="what is finished is in the spool")
    first.kill()
    on_site.add_host("second", visible=VISIBLE)
    mapped.release()

    expected = ["first", "first", "second", "second"]
    assert list(mapped.iter(timeout=TIMEOUT)) == expected
    assert [(mapped.output_files[n] / "file").read_text() for n in range(4)] == [
        f"{n} at {host}" for n, host in enumerate(expected)
    ]
    for component, host in enumerate(expected):
        assert f"\n{component} at {host}\n" in mapped.stdout[component]
        assert f" {host} " in mapped.stdout[component].splitlines()[0]
