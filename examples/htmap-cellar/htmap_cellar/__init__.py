"""A transfer protocol, as an example of a plugin."""
