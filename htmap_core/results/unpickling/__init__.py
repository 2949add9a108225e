"""Results, inputs and exceptions of components as objects again, of the program's own classes.

Imports ``user_warnings``, ``exceptions`` and ``wording``, and ``htmap_run``.
"""
