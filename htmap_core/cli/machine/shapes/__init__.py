"""What is in the answers of commands: a class for each, of which ``htmap docs json`` is made.

Imports nothing. The classes are for the type checker and the documentation, and commands import them for types alone.
"""
