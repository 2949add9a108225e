"""The plugin ``core``: what HTMap itself offers by the hooks of plugins.

Imports ``condor``, ``contract`` and the packages below them.
"""
