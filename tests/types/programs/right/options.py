"""Map options: the usual ones have types, and any other submit command may be given."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import htmap


class TooBusy(Exception):
    pass


def sizes() -> Iterator[str]:
    yield from ("1GB", "2GB")


def requested(gpus: Optional[int]) -> htmap.MapOptions:
    return htmap.MapOptions(request_gpus=gpus)  # none, where the program was not told how many


htmap.MapOptions(request_cpus=2, request_memory="2GB", request_disk=10**6, requirements='OpSysAndVer == "AlmaLinux9"')
htmap.MapOptions(request_cpus="2", request_memory=1536, request_disk="1.5 TB", request_gpus="TARGET.GPUs")
htmap.MapOptions(request_cpus=[1, 2], request_memory=sizes(), requirements=("", "HasDocker"), walltime=["1h", 7200])
htmap.MapOptions(environment={"TITLE": "high tide", "DEPTH": 3}, accounting_group="physics.tides")
htmap.MapOptions(environment=[{"TITLE": "high tide"}, "TITLE=low"])
htmap.MapOptions(walltime=datetime.timedelta(hours=2), expected_runtime=0.2, chunksize="auto", max_idle=1000)
htmap.MapOptions(max_retries=5, retry_exceptions=(OSError, TooBusy, "tides.TooDeep"), checkpoint="exit")
htmap.MapOptions(checkpoint=True, checkpoint_interval="5 min", results_interval=False, preserve_relative_paths=True)
htmap.MapOptions(fixed_input_files="a.csv", input_files=["b.csv", Path("c.csv"), ["d.csv", Path("e.csv")]])
htmap.MapOptions(fixed_input_files=[Path("a.csv"), htmap.TransferPath("https://example.org/b.csv")])
htmap.MapOptions(output_remaps={"out.txt": htmap.TransferPath("https://example.org/out.txt")})
htmap.MapOptions(output_remaps=[{"out.txt": "one.txt"}, {"out.txt": Path("two.txt")}])
htmap.MapOptions(rank="Memory", priority=5, hold=True, custom_options={"Project": '"tides"', "Depth": [1, 2]})
options = htmap.MapOptions.merge(requested(None), htmap.MapOptions(request_cpus=1))
options["request_memory"] = "2GB"
options.update(request_cpus=2)
print(dict(options), options.copy().custom_options)
