"""The only place that touches HTMAP_DIR: tags, maps' directories, and the markers of operations on them.

Imports ``contract``, ``settings`` and what is below them; it never asks HTCondor.
"""
