"""A map's jobs in the queue: acts on them, on those of some components, too; edits; and their ads.

Imports the packages below ``maps``. Only ``maps`` and ``cli`` import it.
"""
