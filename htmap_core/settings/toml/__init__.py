"""Settings as they are written: files in TOML, with the lines of their keys, and lists in environment variables.

Imports ``files`` and the modules beside the packages.
"""
