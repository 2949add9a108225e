"""The submit language: how values, expressions and submit descriptions are written and read.

Imports nothing of the house but its words (the modules that lie beside the packages).
"""
