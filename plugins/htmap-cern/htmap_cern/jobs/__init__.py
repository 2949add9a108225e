"""What stands in the descriptions of CERN's jobs: run times, requests, names, and what their Python needs.

Imports ``settings``, ``eos`` and ``errors`` of this plugin, and of HTMap what plugins may use.
"""
