"""The scratch directory between two components of a job that HTMap has filled: each finds it as if the job were its own.

Imports the standard library and the placing of files.
"""
