"""The submission of maps: from options and inputs to one submit description, and to the schedd.

Imports ``plugins``, ``storage``, ``results`` and the packages below them.
"""
