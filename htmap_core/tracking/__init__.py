"""From the event log to states: of jobs, then of components.

Imports ``storage``, ``condor`` and what is below them.
"""
