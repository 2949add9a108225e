"""Futures of components, the one thread that follows their maps, and waiting for maps in ``asyncio``.

Imports ``results`` and the packages below it; it knows no ``Map``.
"""
