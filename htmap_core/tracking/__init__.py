"""The states of components, read from the event log. Other packages use the interface ``source`` alone.

Imports ``storage``, ``condor`` and the packages below them.
"""
