"""The files that travel with a map: what is sent, under which names, by which protocols, and where outputs go.

Imports ``plugins``, ``storage`` and what is below them, and nothing of ``submission`` itself.
"""
