"""What the components of a job leave, while the job runs and afterwards; nothing that one of them does may cost others theirs.

Imports the standard library, ``htmap_run.files``, ``reports``, frames and codes.
"""
