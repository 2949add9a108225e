"""What authors of plugins read: hooks, delivery methods, protocols, pools, options, plans and submit descriptions.

Imports ``settings``, ``language`` and the words of the house.
"""
