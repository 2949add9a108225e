"""The files that travel with a map: the inputs, their names and protocols, and the destinations of outputs.

Imports ``plugins``, ``storage`` and the packages below them, but nothing of ``submission`` itself.
"""
