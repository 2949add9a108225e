"""The delivery method ``docker``: components run in a container that Docker makes of an image."""
