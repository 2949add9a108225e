"""How a job runs: the process that supervises, the worker that runs components, and what outlives both.

Imports the standard library and ``htmap_run``.
"""
