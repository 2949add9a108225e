"""The reports on a component: its host and memory, its output, its exception with local values, and its surroundings.

Imports the standard library and ``htmap_run``.
"""
