"""The release: all distributions at one version, built, checked, installed and tried, by one command: ``make release``.

It lives in the checkout alone, and is in no wheel. Imports of HTMap only ``htmap_core.testing``, which knows where Pythons are.
"""
