"""Plugins: their discovery, and the only calls of hooks and of the objects that plugins offer.

Imports ``storage``, ``condor``, ``contract`` and the packages below them.
"""
