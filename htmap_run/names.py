"""The names of HTMap's files in a job's scratch directory. All begin with ``_htmap_``, which no user's file is likely to do.

The archive's launcher repeats some of them: it runs before this module can be imported.
"""

FUNCTION = "_htmap_function"

BLOCKS = "_htmap_inputs_"
"""What the names of input blocks begin with."""

ARGUMENT = "_htmap_argument_{name}"
"""The file of a large part of a function or an input, by the part's name."""

RETURN = "_htmap_return"
"""The folder that HTCondor sends back when the job ends."""

RESULTS = "result"
FILES = "files"
REMAPPED = "remapped"
STDOUT, STDERR = "stdout", "stderr"
"""What is in it: the results, a folder for each component's files, and files that HTCondor sends elsewhere; while components run,
what they write, too. At the end that is among the results, unless the job could not finish."""

PACKAGES_ARCHIVE = "_htmap_packages.tar.gz"
"""The archive with the packages that travel with a job."""

PACKAGES_FOR = "_htmap_packages.json"
"""The first file in it: for which Python the packages are."""

PACKAGES = "_htmap_packages"
"""The folder into which they are unpacked."""

UNPACKING = "_htmap_unpacking"
"""What it is called until all are."""

SAVING = "_htmap_saving"
"""The mark that the job ends for HTCondor to fetch a checkpoint, or the results so far. With these it says what saving costs."""

LIVE_STDOUT = "_condor_stdout"
"""HTCondor's own name for the job's standard output."""

LINK = "_htmap_link"
"""What takes the place of that while components run, as long as it is made."""

UNWATCHED = "_htmap_unwatched"
"""An empty file: the job has saved what it had finished, so HTCondor may end it when memory runs out."""

SAVES = "HTMapSaves"
"""The attribute of the job that says how often its results may be fetched before its end: see :mod:`.saves`."""

LEAVES = "HTMapLeavesInTime"
"""The attribute of a job that may leave its slot before its time is over: see :mod:`.time_limit`. It says how often HTCondor runs
the job again because of an exception: that a job leaves is no such run, but HTCondor counts it."""

RETRIED = "HTMapRetriedExceptions"
"""The attribute of a job that runs again because of some exceptions only: their names, separated by commas."""

TIME_LIMIT = "HTMapTimeLimit"
"""The attribute of a job that says how long a site lets it run: seconds, another attribute, or a sum of these."""

SCRATCH = ("TMPDIR", "TMP", "TEMP", "_CONDOR_SCRATCH_DIR")
"""The variables that name a job's scratch directory; HTCondor sets them, and HTMap for jobs that run without it."""
