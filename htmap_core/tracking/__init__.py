"""The states of components, read from the event log. Other packages use the interface ``source`` alone.

Imports ``plugins``, ``storage``, ``condor`` and the packages below them.
"""
