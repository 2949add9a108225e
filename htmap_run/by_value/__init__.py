"""What comes by value with the function and the inputs: how it is unpickled in a job, and found there by its names.

Imports the standard library and ``htmap_run``, but not how a job runs.
"""
