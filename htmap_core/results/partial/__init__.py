"""Maps of which not all components have results: when there are enough of them, and what there is.

Imports ``progress``, ``settings``, ``exceptions`` and ``components``, and of ``results`` the engine.
"""
