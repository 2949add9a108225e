"""The output files of a map, copied into a folder of the user's: which there are, where each goes, and what came of it.

Imports the packages below ``maps``. Only ``maps`` and ``cli`` import it.
"""
