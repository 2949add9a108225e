"""The results, errors and output of components, and the reports on them.

Imports ``tracking``, ``storage``, ``condor`` and the packages below them.
"""
