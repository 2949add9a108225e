"""The files of a component on the execute node: inputs put in place, outputs sent back, checkpoints.

Imports the standard library and ``htmap_run``.
"""
