"""From options and inputs to one submit description, and off to the schedd.

Imports ``plugins``, ``storage``, ``results`` and what is below them.
"""
