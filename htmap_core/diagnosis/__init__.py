"""Why not: why maps cannot run here, why components do not run, and how a user stands beside others.

Imports ``submission``, ``tracking``, ``plugins`` and what is below them.
"""
