"""How far a map or other long work is, for whoever waits: one line on a terminal, in a notebook or in a log; and Ctrl-C.

Imports ``settings`` and the packages below it.
"""
