"""What maps show of themselves in a notebook: one map, and the table of maps.

Imports ``results``, ``display`` and the modules beside the packages, and of ``maps`` only the overview.
"""
