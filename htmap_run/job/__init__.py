"""How a job runs: the supervising process, the worker that runs components, and the files that outlive both.

Imports the standard library and ``htmap_run``.
"""
