"""How objects show themselves: as text in a terminal, as tables in a notebook; and values in short.

Imports ``wording``, and nothing else of the core.
"""
