"""The only code that touches HTMAP_DIR: tags, the maps' directories, and the markers of operations on maps.

Imports ``contract``, ``settings`` and the packages below them, of ``condor`` the notation of event logs alone; it never asks HTCondor.
"""
