"""Finding and calling plugins: the only caller of hooks and of what plugins offer.

Imports ``condor``, ``contract`` and what is below them.
"""
