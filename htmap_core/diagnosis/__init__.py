"""Diagnosis: why maps cannot run here, why components do not run, and how a user stands beside others.

Imports ``submission``, ``tracking``, ``plugins`` and the packages below them.
"""
