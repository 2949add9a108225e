"""The guard around each call of a plugin's code: what it prints and answers, how long it takes, and who is to blame.

Imports the records of plugins, ``condor``, ``contract`` and the packages below them.
"""
