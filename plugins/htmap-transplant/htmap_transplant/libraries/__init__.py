"""Add the shared libraries that an installation needs, and make its files find them.

Imports ``errors`` and ``members``, and is used by ``packing``.
"""
