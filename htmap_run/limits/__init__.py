"""What a job may use, memory and time: its worker is ended before HTCondor or the site ends the whole job.

Imports the standard library and ``htmap_run``, but not how a job runs.
"""
