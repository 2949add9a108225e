"""How far a map is, for whoever waits: one line on a terminal, in a notebook or in a log; and what to do after Ctrl-C.

Imports ``settings`` and the packages below it.
"""
