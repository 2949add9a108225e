"""How many components share a job, where the user leaves that to HTMap with ``chunksize="auto"``.

Imports the rest of ``submission`` but ``planning`` and ``rerun``, ``results``, and the packages below them.
"""
