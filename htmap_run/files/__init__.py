"""The files of a component on the execute node: inputs, outputs that go elsewhere, checkpoints.

Imports the standard library and ``htmap_run``.
"""
