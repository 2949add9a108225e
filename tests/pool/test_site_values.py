"""What a site's plugin sets in the submit descriptions of maps on a pool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from htmap_core.plugins.pools import find_pool
from tests.throwaway_plugins import Site

pytestmark = pytest.mark.pool

PLUGIN = """
import os
from pathlib import Path
@hookimpl
def htmap_rewrite_submit(submit, plan):
    submit.set_default("request_memory", "200MB")
    submit.add_environment("SEA", "deep 'blue'")
    submit.add_environment("TITLE", "of the site")
    if plan.tag == "broken-value":
        submit.set_default("request_gpus", "1 2")
    if plan.tag == "broken-requirement":
        submit.require("TARGET.Memory > > 3")
    if plan.tag == "bad-group":
        submit.set("accounting_group", "of two words")
    if plan.tag == "no-universe":
        submit.set_universe("moon")
    if plan.tag == "relative-file":
        submit.add_input_file("set-up.sh")
    if plan.tag == "missing-file":
        submit.add_input_file("/nowhere/set-up.sh")
    if plan.tag == "missing-script":
        submit.add_transfer_plugin("sea", Path("/nowhere/transfer.py"))
    if plan.tag == "no-ticket":
        raise HTMapException("there is no ticket")
    if plan.tag == "no-slot":
        submit.require("TARGET.HasSea")
"""

PROGRAM = """
import json, os, warnings
import htmap

def seen(_):
    return [os.environ.get(name) for name in ("SEA", "TITLE", "LEVEL")]

def environment(tag, given=None, **options):
    options = {**options, **({} if given is None else {"environment": given})}
    return htmap.map(seen, [0, 1], tag=tag, map_options=htmap.MapOptions(**options))

def refused(tag):
    try:
        htmap.map(seen, [0], tag=tag, map_options=htmap.MapOptions(requirements="TARGET.Cpus > 0"))
    except htmap.exceptions.RefusedValue as error:
        return [error.name, error.author]
    except htmap.exceptions.InvalidOption as error:
        return [error.name, error.origin]

maps = {
    "none": environment("none"),
    "mapping": environment("mapping", {"TITLE": "high tide", "LEVEL": 3}, request_memory="128MB"),
    "older syntax": environment("older", "TITLE=high tide;LEVEL=3"),
    "each its own": environment("each", [{"TITLE": "low", "LEVEL": "it's"}, "LEVEL=2 m"], max_idle=1),
}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    htmap.map(seen, [0], tag="no-slot", map_options=htmap.MapOptions(request_memory="100TB")).remove()
told = {name: list(each.iter(timeout=300)) for name, each in maps.items()}
told["memory"] = [maps[name].submit_file().count("request_memory = 200MB") for name in ("none", "mapping")]
told["refused"] = [refused("broken-value"), refused("broken-requirement"), refused("bad-group"), refused("no-universe")]
told["files"] = [refused("relative-file"), refused("missing-file"), refused("missing-script")]
told["demands"] = [list(each.message.demands) for each in caught if isinstance(each.message, htmap.exceptions.NoSlotFits)]
print(json.dumps(told))
htmap.map(seen, [0], tag="no-ticket")
"""


def test_what_a_plugin_sets_gives_way_to_the_user_alone_and_is_known_to_be_its(
    personal_pool: Path, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    site.install("boats", PLUGIN)
    (program := tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, str(program)]
    ran = subprocess.run(command, env=site.environment(), capture_output=True, text=True, timeout=600, check=False)
    told = json.loads(ran.stdout or "{}")
    blue = "deep 'blue'"
    assert told == {
        "none": [[blue, "of the site", None]] * 2,
        "mapping": [[blue, "high tide", "3"]] * 2,
        "older syntax": [[blue, "high tide", "3"]] * 2,
        "each its own": [[blue, "low", "it's"], [blue, "of the site", "2 m"]],
        "memory": [1, 0],
        "refused": [
            [name, "plugin 'boats'"] for name in ("request_gpus", "target.memory > > 3", "accounting_group", "universe")
        ],
        "files": [[name, "plugin 'boats'"] for name in (*["transfer_input_files"] * 2, "transfer_plugins")],
        "demands": [["TARGET.HasSea (from plugin 'boats')", "request_memory = 100TB"]],
    }, ran.stderr
    # The exception of the plugin is what the user sees, with few lines above it.
    *trace, last = ran.stderr[ran.stderr.rindex("Traceback") :].splitlines()
    assert last.endswith("there is no ticket")
    assert len(trace) < 15
    assert os.fspath(site.folder / "throwaway") not in "".join(trace)


QUAY = """
class Quay(Pool):
    name = "quay"
    rank = 300
    grows = False
    def find(self):
        return PoolAddress("quay", configuration={configuration!r})
    def advice(self):
        return "the tide is out"
    def time_limit(self, options):
        return 60 * int(options["MY.Minutes"])
@hookimpl
def htmap_pools():
    return [Quay()]
@hookimpl
def htmap_rewrite_submit(submit, plan):
    if plan.walltime.wanted > 60 * int(plan.options["MY.Minutes"]):
        raise HTMapException("jobs may not take so long")
"""

SHARING = """
import htmap
options = htmap.MapOptions(walltime="5 min", custom_options={"Minutes": 20}, hold=True)
print(htmap.map(str, range(300), options, chunksize="auto")._map_dir.record.chunksize)
"""


def test_a_site_refuses_no_map_for_how_many_components_htmap_lets_share_a_job(
    personal_pool: Path, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    site.install("boats", QUAY.format(configuration=str(find_pool()[1].address.configuration)))
    command = [sys.executable, "-c", SHARING]
    ran = subprocess.run(command, env=site.environment(), capture_output=True, text=True, timeout=600, check=False)
    assert ran.stdout == "4\n", ran.stderr
