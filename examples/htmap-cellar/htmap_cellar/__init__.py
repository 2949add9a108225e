"""An example of a plugin: it offers a transfer protocol."""
