"""The names of what travels, which both sides read: in the scratch directory, and in what comes back from it."""

from __future__ import annotations

FUNCTION = "_htmap_function"

RETURN = "_htmap_return"  # the folder that a job returns; in it:
OUTPUTS = "outputs"
REMAPPED = "remapped"  # files that HTCondor sends elsewhere
EVICTED = "_htmap_evicted"  # see :mod:`.eviction`; in the scratch directory of the next run, too

# What HTCondor calls the job's own standard output on the execute node; the runner has it lead to that of the components while
# they run, and leaves it empty.
LIVE_STDOUT = "_condor_stdout"
