"""HTCondor: the only code that calls its bindings, and the readers of its ads and event logs.

Imports ``contract`` and the packages below it.
"""
