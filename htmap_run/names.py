"""The names of HTMap's files in a job's scratch directory. All begin with ``_htmap_``, which no user's file is likely to do.

The archive's ``__main__`` and the shell launchers repeat these names: they run before this module can be imported.
"""

FUNCTION = "_htmap_function"

RETURN = "_htmap_return"
"""The folder that HTCondor sends back when the job ends."""

RESULTS = "results"
FILES = "files"
REMAPPED = "remapped"
STDERR = "stderr"
"""What is in it: the results, a folder for each component's files, files that HTCondor sends elsewhere, and, where the results
cannot be written, what the job says."""

CAPTURED_STDOUT = "_htmap_stdout"
CAPTURED_STDERR = "_htmap_stderr"
"""What the components write, while they run."""

LIVE_STDOUT = "_condor_stdout"
"""HTCondor's own name for the job's standard output."""
