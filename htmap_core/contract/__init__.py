"""The API for authors of plugins: hooks, delivery methods, protocols, pools, options, plans and submit descriptions.

Imports ``settings``, ``language``, ``display`` and the modules beside the packages.
"""
