"""From the event log to states: of jobs, then of components. Others know the interface alone, ``source``.

Imports ``storage``, ``condor`` and what is below them.
"""
