"""The files that travel with a map: the inputs, their names and protocols, and the destinations of outputs.

Imports what ``submission`` may import, but nothing of ``submission`` itself.
"""
