"""Where values come from: the core's settings as attrs classes, the chain of layers, checked tables, and waiting.

Imports the words of the house and nothing else.
"""
