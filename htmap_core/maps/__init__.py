"""The user API: creating maps, the map itself, and managing all maps.

Imports every package below it. Only ``htmap``, ``cli`` and ``testing`` import it.
"""
