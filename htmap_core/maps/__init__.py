"""What users work with: the making of maps, the map, and the management of all maps.

Imports everything below; only the doors import it.
"""
