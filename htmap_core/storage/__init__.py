"""The only code that touches HTMAP_DIR: tags, the maps' directories, and the markers of operations on maps.

Imports ``contract``, ``settings`` and the packages below them, and the notation of event logs from ``condor``. It never asks
HTCondor.
"""
