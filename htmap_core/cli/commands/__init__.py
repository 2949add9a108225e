"""The commands: one module for one group of them, called as the commands are.

Imports ``maps`` and what is below it; nothing imports a command but the group that runs it.
"""
