"""HTMap at DESY (NAF and BIRD): how long jobs may run.

Jobs without RequestRuntime are removed after three hours: https://confluence.desy.de/display/IS, "Condor Job Parameters".
"""

from htmap_core import hookimpl

# Seconds for the transfer of inputs, should they count there. So HTCondor's own limit comes first: it holds a job, and what its
# components have finished is kept.
_INPUTS = 600

_BY_DEFAULT = 3 * 3600


@hookimpl
def htmap_rewrite_submit(submit, plan):
    if plan.pool.address.pool != "machine":
        return
    if plan.walltime is not None:
        submit.set_default("MY.RequestRuntime", f"{plan.walltime.seconds} + {_INPUTS}")
    # Jobs that HTMap has filled with components leave their slot before.
    submit.set_default("MY.HTMapTimeLimit", "RequestRuntime" if submit.has("MY.RequestRuntime") else _BY_DEFAULT)
