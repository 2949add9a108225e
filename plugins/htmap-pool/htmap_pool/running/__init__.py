"""A personal pool at work: its configuration, its daemons and their processes, and what it says of itself.

Imports the words of the plugin (``errors``, ``places``, ``programs``, ``release``), and nothing of ``installing``.
"""
