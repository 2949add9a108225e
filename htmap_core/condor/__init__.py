"""The only place that touches HTCondor's bindings, and what reads HTCondor's own words: ads and event logs.

Imports ``contract`` and what is below it.
"""
