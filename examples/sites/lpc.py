"""HTMap at Fermilab's LPC (CMS): the schedd, the proxy, and the places that schedds see. For its interactive nodes.

The public code of users who submit there says what is here. Nothing of it was tried there. These are assumptions:

- `FERMIHTC_REMOTE_POOL` in HTCondor's configuration names the collectors, of which any will do.
- Ads of schedds for LPC users have `FERMIHTC_SCHEDD_TYPE = "CMSLPC"`, and those that take no more jobs
  `FERMIHTC_DRAIN_LPCSCHEDD = true`.
- The schedd with the least of 0.7 times its duty cycle, 0.2 times its share of running jobs (both in percent) and 0.1 times
  its idle jobs is the one to use, as `condor_submit` does there.
- The schedds take jobs of an interactive node, know users by their names, and see the folders below.
- A proxy lies in your home folder, since schedds do not see the /tmp of an interactive node.

lpc.toml has the image that jobs run in.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from htmap_core import Check, HTMapException, Pool, PoolAddress, connect, hookimpl, quoted, setting, wording
from htmap_core.exceptions import CondorError

COLLECTORS = "FERMIHTC_REMOTE_POOL"
FOR_USERS = 'FERMIHTC_SCHEDD_TYPE =?= "CMSLPC" && FERMIHTC_DRAIN_LPCSCHEDD =!= true && MaxJobsRunning > 0'
LOAD = ("RecentDaemonCoreDutyCycle", "ShadowsRunning", "MaxJobsRunning", "TotalIdleJobs")
PLACES = ("~", "/uscms_data", "/uscmst1b_scratch/lpc1/3DayLifetime")
REMEMBERED = "LpcProxy"  # an attribute of the jobs
LONG_ENOUGH = 3600  # seconds for which the proxy must be valid when a map is made


class NotSeenBySchedds(HTMapException):
    """Maps lie where the schedds do not see them. Nothing was submitted."""


class ProxyNeeded(HTMapException):
    """There is no proxy for the jobs. Nothing was submitted."""


class Lpc(Pool):
    """The pool of the LPC, by the schedd that has least to do. A map remembers its schedd."""

    name = "lpc"
    rank = 200  # before the machine's own pool
    limits_steps = True

    def find(self):
        chosen = setting("HTCONDOR.SCHEDULER")
        for collector in _collectors():
            pool = connect(PoolAddress.of_machine(self.name, collector=collector))
            try:
                ads = list(pool.schedds(FOR_USERS, ["Name", *LOAD]))
            except CondorError:  # the next one knows the same
                continue
            name = chosen or min(ads, key=weight, default={}).get("Name")
            if name is not None:
                return PoolAddress.of_machine(self.name, schedd=name, collector=collector)
        return None

    def advice(self):
        if not _collectors():
            return f"this is no interactive node of the LPC: HTCondor's configuration has no {COLLECTORS}"
        return f"no collector of {COLLECTORS} knows a schedd for LPC users; `condor_status -schedd` lists them"


def weight(ad):
    """Return how busy a schedd is."""
    duty, running, most, idle = (float(ad.get(name) or 0) for name in LOAD)
    return 0.7 * 100 * duty + 0.2 * 100 * running / most + 0.1 * idle


def _collectors():
    named = connect(PoolAddress.of_machine("lpc")).parameter(COLLECTORS) or ""
    return [each for each in re.split(r"[,\s]+", named) if each]


@hookimpl
def htmap_pools():
    return [Lpc()]


@hookimpl
def htmap_check_place(folder):
    seen = [Path(place).expanduser().resolve() for place in PLACES]
    if not any(folder.resolve().is_relative_to(place) for place in seen):
        places = ", ".join(PLACES)
        raise NotSeenBySchedds(
            f"schedds do not see {folder}, but {places}. `export HTMAP_DIR=~/.htmap`, or `htmap move ~/.htmap`"
        )


@hookimpl
def htmap_setup_credentials(submit):
    if (problem := _problem(_proxy(submit))) is not None:
        raise ProxyNeeded(f"{problem}. {_command()}, then make the map again")


@hookimpl
def htmap_rewrite_submit(submit):
    submit.set_default("use_x509userproxy", True)
    submit.set_default("x509userproxy", str(_proxy(submit)))  # without its path, the schedd looks in /tmp
    submit.set_attribute(REMEMBERED, quoted(submit.get("x509userproxy")))


@hookimpl
def htmap_checks():
    problem = _problem(_proxy())
    if problem is not None:
        return [Check("proxy", "problem", problem, _command())]
    return [Check("proxy", "ok", f"{_proxy()} is valid for more than {LONG_ENOUGH // 60} minutes")]


def _proxy(submit=None):
    """Return the path of the proxy; of components that run again, the one that they had."""
    given = submit and (submit.get("x509userproxy") or (submit.get(f"MY.{REMEMBERED}") or "").strip('"'))
    return Path(given) if given else Path.home() / f"x509up_u{os.getuid()}"


def _command():
    return f"`voms-proxy-init -voms cms -valid 192:00 -out {wording.in_shell(str(_proxy()))}`"


def _problem(proxy):
    """Return what is wrong with a proxy; None if nothing is."""
    if not proxy.is_file():
        return f"jobs need a proxy, and there is no {proxy}"
    if shutil.which("openssl") is None:
        return None
    looked = ["openssl", "x509", "-noout", "-checkend", str(LONG_ENOUGH), "-in", str(proxy)]
    if subprocess.run(looked, capture_output=True, check=False).returncode:
        return f"the proxy {proxy} ends within {LONG_ENOUGH // 60} minutes, or is none"
    return None
