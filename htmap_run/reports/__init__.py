"""What is told of a component: its host and memory, its output, what it raised with which local values, and what was around it.

Imports the standard library and ``htmap_run``.
"""
