"""The names of HTMap's files in a job's scratch directory. All begin with ``_htmap_``, which no user's file is likely to do.

The archive's ``__main__`` and the shell launchers repeat these names: they run before this module can be imported.
"""

FUNCTION = "_htmap_function"

RETURN = "_htmap_return"
"""The folder that HTCondor sends back when the job ends."""

OUTPUTS = "outputs"
REMAPPED = "remapped"
"""Its folders: one for what comes back to the map, one for files that HTCondor sends elsewhere."""

RETURNED_OUTPUTS = RETURN
RETURNED_REMAPPED = f"{RETURN}/{REMAPPED}"

EVICTED = "_htmap_evicted"
"""The finished work of an evicted job, in the returned folder and in the scratch directory of the job's next run."""

LIVE_STDOUT = "_condor_stdout"
"""HTCondor's own name for the job's standard output."""
