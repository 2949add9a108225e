"""HTMap at CHTC (UW-Madison): files by their size and place, and jobs that run elsewhere, too. For its access points.

https://chtc.cs.wisc.edu/uw-research-computing says what is here, in the guides on file transfer and on scaling. Nothing of it
was tried there. These are assumptions:

- `condor_config_val UID_DOMAIN` or `COLLECTOR_HOST` ends in `chtc.wisc.edu` on the access points.
- Slots that see /staging have `HasCHTCStaging`, which is true then. (`CHTCHasStaging` is also written somewhere.)
- A job runs for 72 hours before it may be sent away, and for 40 if it may run elsewhere.
- GB are 10^9 bytes. URLs of OSDF are quoted as URLs of the web are.
"""

import urllib.parse
from pathlib import PurePath

from htmap_core import HTMapException, Pool, PoolAddress, SuspiciousMap, connect, hookimpl

DOMAIN = "chtc.wisc.edu"
GB = 10**9
BY_TRANSFER, BY_OSDF, BY_STAGING = 1 * GB, 30 * GB, 100 * GB  # the largest file that travels so
HOUR = 3600
ELSEWHERE = ("want_campus_pools", "want_ospool")  # submit commands of CHTC's own; chtc.toml has them
MANY = 10_000


class RuleOfChtc(HTMapException):
    """A map does not keep CHTC's rules. Nothing was submitted."""


class ManyJobs(SuspiciousMap):
    """CHTC wants to be told of a map of so many jobs."""


class Chtc(Pool):
    """The pool of CHTC."""

    name = "chtc"
    rank = 200  # before the machine's own pool, which is the same one without these rules
    limits_steps = True

    def find(self):
        address = PoolAddress.of_machine(self.name)
        pool = connect(address)
        hosts = f"{pool.parameter('UID_DOMAIN')} {pool.parameter('COLLECTOR_HOST')}"
        return address if DOMAIN in hosts and pool.answers() else None

    def time_limit(self, options):
        return (40 if any(_is_true(options.get(name)) for name in ELSEWHERE) else 72) * HOUR

    def advice(self):
        return "this machine is no access point of CHTC, or `condor_q` shows why it cannot submit now"


@hookimpl
def htmap_pools():
    return [Chtc()]


@hookimpl
def htmap_check_place(folder):
    if _staging(folder.resolve()):
        raise RuleOfChtc(f"nothing is submitted from {folder}. `htmap move ~/.htmap`, or `export HTMAP_DIR=~/.htmap`")


@hookimpl
def htmap_rewrite_input(file):
    size = file.size or 0
    if not _staging(file.path):
        if size > BY_TRANSFER:
            file.warn("it has more than 1 GB, which CHTC wants to be in /staging; from there it travels by OSDF")
    elif file.is_folder:
        raise RuleOfChtc(f"{file.path} is a folder: from /staging only files travel. Pack it into an archive")
    elif size > BY_STAGING:
        raise RuleOfChtc(
            f"{file.path} has more than 100 GB: ask CHTC's facilitators (chtc@cs.wisc.edu) how jobs get it"
        )
    elif size > BY_OSDF or file.path.parts[2:3] == ("groups",):  # OSDF has the folders of single users alone
        file.fetch_from(f"file://{urllib.parse.quote(str(file.path))}")
    else:
        file.fetch_from(f"osdf:///chtc{urllib.parse.quote(str(file.path))}")


@hookimpl
def htmap_rewrite_submit(submit, plan):
    if "file" in plan.input_schemes:
        for name in ELSEWHERE:
            if _is_true(submit.get(name)):
                raise RuleOfChtc(
                    f"some inputs are read from /staging, which only CHTC's own slots see: leave out {name}"
                )
        submit.require("HasCHTCStaging =?= true")
    if plan.jobs >= MANY:
        advice = (
            "CHTC wants to know before: chtc@cs.wisc.edu. A larger chunksize makes fewer jobs of the same components"
        )
        submit.warn(ManyJobs(f"the map has {plan.jobs:,} jobs. {advice}"))


def _staging(path):
    return PurePath(path).parts[1:2] == ("staging",)


def _is_true(value):
    return str(value).casefold() == "true"
