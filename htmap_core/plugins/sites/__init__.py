"""What sites say of maps besides their submit description: where these may lie, and how their input files travel.

Imports ``plugins``, ``contract`` and the packages below them.
"""
