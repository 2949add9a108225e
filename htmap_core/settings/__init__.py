"""Settings: the core's own as attrs classes, the chain of layers, checked tables, and waiting (which reads settings).

Imports the modules beside the packages and nothing else.
"""
