"""The distribution that ``htmap plugins new`` makes.

Imports ``plugins`` and what is below it.
"""
