"""HTMap at DESY's NAF and BIRD: run times, memory, and the Python that all nodes see. For the machines that submit there.

https://docs.desy.de/naf and https://confluence.desy.de/display/IS say what is here. Nothing of it was tried there. These are
assumptions:

- `condor_config_val UID_DOMAIN` prints `desy.de` on these machines.
- What a job gets that asks for nothing, and may run on any free core, is one core, 1.5 GB and three hours.
- Slots have a `Runtime` of at least what jobs ask for, because HTCondor adds `TARGET.Runtime >= RequestRuntime` by itself.
- Accounting groups are called like groups of your account (`id -Gn`), with parts added behind a full stop or not.
- Nodes see your Python where you see it: in AFS, DUST or /cvmfs, and not on a disk of the machine where you log in.

GPUs: `MapOptions(request_gpus=1)`, once your account may use them (the resource NAFGPU).
"""

import grp
import os
import shutil
import subprocess

from htmap_core import Check, HTMapException, Pool, PoolAddress, SiteWords, connect, durations, hookimpl, wording

DOMAIN = "desy.de"
MEMORY = "1500MB"
BY_DEFAULT = 3 * 3600  # seconds, after which a job that says nothing is removed
INPUTS = 600  # seconds for the transfer of inputs, should they count: HTCondor's own limit comes first, and keeps what has ended


class NotYourGroup(HTMapException):
    """The accounting group is none of the user's. Nothing was submitted."""


class Naf(Pool):
    """The pool of NAF and BIRD."""

    name = "naf"
    rank = 200  # before the machine's own pool, which is the same one without these rules
    limits_steps = True
    delivery_method = "shared"  # nodes see the files of users, and transfers of many files are not welcome

    def find(self):
        address = PoolAddress.of_machine(self.name)
        pool = connect(address)
        return address if pool.parameter("UID_DOMAIN") == DOMAIN and pool.answers() else None

    def time_limit(self, options):
        if options.get("walltime"):
            return None
        given = options.get("MY.RequestRuntime")
        return BY_DEFAULT if given is None else durations.seconds(given)

    def advice(self):
        return "this machine does not submit to NAF or BIRD, or `condor_q` shows why it cannot now"


@hookimpl
def htmap_pools():
    return [Naf()]


@hookimpl
def htmap_rewrite_submit(submit, plan):
    submit.set_default("request_memory", MEMORY)
    if plan.walltime is not None:
        submit.set_default("MY.RequestRuntime", f"{plan.walltime.seconds} + {INPUTS}")
    # Jobs that HTMap has filled with components leave their slot before.
    submit.set_default("MY.HTMapTimeLimit", "RequestRuntime" if submit.has("MY.RequestRuntime") else BY_DEFAULT)
    group = submit.get("accounting_group")
    if group is not None and group.split(".")[0] not in yours():
        listed = ", ".join(sorted(yours()))
        raise NotYourGroup(f"{group!r} is no accounting group of yours: you are in {listed}. `id -Gn` lists them, too")


def yours():
    """Return the names of the groups that the user is in."""
    found = set()
    for number in {os.getgid(), *os.getgroups()}:
        try:
            found.add(grp.getgrgid(number).gr_name)
        except KeyError:  # a number without a name
            continue
    return found


@hookimpl
def htmap_checks():
    """Jobs need a Kerberos ticket and an AFS token."""
    return [
        _check("ticket", ["klist", "-s"], "`kinit`"),
        _check("AFS token", ["tokens"], "`aklog`", sign="Expires"),
    ]


def _check(area, command, advice, sign=""):
    if shutil.which(command[0]) is None:
        return Check(area, "note", f"there is no program {command[0]} here, so it was not looked for")
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode or sign not in said.stdout:
        return Check(area, "problem", f"jobs need one, and `{' '.join(command)}` finds none that is valid", advice)
    return Check(area, "ok", "there is one")


@hookimpl
def htmap_site_words(interruption):
    if interruption.kind != "removal":
        return None
    again = f"`htmap rerun components {wording.in_shell(interruption.tag)} --status removed` runs it once more"
    meaning = "NAF ends jobs after the time that they have asked for, which is three hours unless the option `walltime` says more"
    return SiteWords(meaning, again)
