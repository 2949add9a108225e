"""Files of any kind: written at once, for the user alone, with a checksum.

Imports the standard library, and nothing of the core.
"""
