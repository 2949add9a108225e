"""The commands: one module for each command or group of commands, with the name of the command.

Imports ``maps`` and the packages below it. Only the group that runs a command imports it.
"""
