"""Maps that run on this machine, to try them, without HTCondor: their creation, their jobs, and the debugger.

Imports the packages below ``maps`` and, for the creation, ``maps.drafts``. Only ``maps`` and ``cli`` import it.
"""
