"""Maps before they are submitted: the draft, of which a map is made, and plans, which users look at.

Imports every package below ``maps``, and nothing of ``maps`` but what earlier runs tell.
"""
