"""The exit codes of the runner: the event log shows them, so that no file must be opened to see how a job ended."""

OK = 0
"""Every component of the job has a result."""

COMPONENT_FAILED = 90
"""The result file is complete, and at least one component of it has no result."""

REFUSED = 91
"""The result file is complete, and nothing was run: the execute side does not fit the function."""

NO_PYTHON = 92
"""No Python, or only one that is too old; there is no result file, the reason stands in the job's stderr."""

CANNOT_FINISH = 70
"""The runner could not finish (``EX_SOFTWARE``), as any code that is not named here; there is no result file."""
