"""What a job reports: its host, its output, its surroundings, and how it died.

Imports the standard library and ``htmap_run``.
"""
