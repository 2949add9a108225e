"""Run a personal pool: its configuration, its daemons and their processes, and the report on them.

Imports the plugin's basic modules (``errors``, ``places``, ``programs``, ``release``), and nothing of ``installing``.
"""
