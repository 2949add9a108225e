"""The submit language: how HTMap writes and reads values, expressions and submit descriptions.

Imports only the modules beside the packages.
"""
