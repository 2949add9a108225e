"""The files that travel with a map: what is sent, under which names, by which protocols, and where outputs go.

Imports ``results`` and what is below it, and nothing of ``submission`` itself.
"""
