"""What a map needs, as the user declares it: what settings name, or the installed packages that it imports.

Imports ``errors``, ``settings`` and ``target``.
"""
