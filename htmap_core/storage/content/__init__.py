"""What the files of a map hold, piece by piece, each with its checksum.

Imports ``htmap_run``, and of the submit side ``exceptions``, ``files``, ``language`` and ``names``.
"""
