"""The files that travel with a map: what is sent, under which names, by which protocols, and where outputs go.

Imports what ``submission`` may import, and nothing of ``submission`` itself.
"""
