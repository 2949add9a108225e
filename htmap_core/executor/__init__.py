"""An executor of the standard library over a pool: calls that come one by one become the components of one map that grows.

Imports ``maps`` and the packages below it.
"""
