"""Settings: the core's own as attrs classes, the chain of layers, checked tables, and waiting (which reads settings).

Imports ``files`` and the modules beside the packages.
"""
