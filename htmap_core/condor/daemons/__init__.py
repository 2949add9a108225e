"""The daemons of a pool: which ones an address stands for, and whether they answer, before the bindings ask them anything.

Imports of ``condor`` the bindings, their configuration, errors and interruptions, and the packages below it.
"""
