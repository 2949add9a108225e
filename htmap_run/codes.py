"""The runner's exit codes. The event log has them, so that nobody needs to open a file to see how a job ended."""

OK = 0
"""Every component of the job has a result."""

COMPONENT_FAILED = 90
"""The result file is complete, and at least one component failed."""

REFUSED = 91
"""The result file is complete, and nothing was run: the execute side's Python does not fit the function."""

NO_PYTHON = 92
"""There is no Python, or only one that is too old. There is no result file; the job's stderr has the reason."""

CANNOT_FINISH = 70
"""The runner could not finish (``EX_SOFTWARE``); any code that is not named here means the same. There is no result file."""

NO_ROOM = 74
"""As for ``CANNOT_FINISH``, because the disk of the scratch directory is full (``EX_IOERR``)."""

SAVED = 85
"""HTCondor saves what the job has finished, and its checkpoints, and starts it again at once (``checkpoint_exit_code``)."""

AGAIN = 87
"""As for ``COMPONENT_FAILED``, in a job that has left its slot in time: HTCondor has yet to run it again because of that."""

TRY_AGAIN = 88
"""As for ``COMPONENT_FAILED``, by an exception for which HTCondor is to run the job again (``retry_exceptions`` names some)."""

LEFT = 86
"""The job has left its slot before its time was over. HTCondor runs it again, and it goes on with what was saved before."""
