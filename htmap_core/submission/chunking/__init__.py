"""How many components share a job where the user leaves that to HTMap: ``chunksize="auto"``.

Imports the rest of ``submission``, and what that imports.
"""
