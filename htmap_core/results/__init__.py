"""What comes of components: results, errors, output, and the reports on them.

Imports ``tracking``, ``storage``, ``condor`` and what is below them.
"""
