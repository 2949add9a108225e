"""The names of what HTMap has in a job's scratch directory: all begin with ``_htmap_``, as no file of a user is likely to.

The archive's ``__main__``, which any Python must be able to run, and the launchers in shell spell them themselves.
"""

FUNCTION = "_htmap_function"

RETURN = "_htmap_return"
"""What HTCondor sends back when the job ends."""

OUTPUTS = "outputs"
REMAPPED = "remapped"
"""Folders in it: what comes back, and the files that HTCondor sends elsewhere."""

RETURNED_OUTPUTS = f"{RETURN}/{OUTPUTS}"
RETURNED_REMAPPED = f"{RETURN}/{REMAPPED}"

EVICTED = "_htmap_evicted"
"""What an evicted job has finished: in the returned folder, and in the scratch directory of the next run."""

LIVE_STDOUT = "_condor_stdout"
"""HTCondor's own name for the standard output of the job."""
