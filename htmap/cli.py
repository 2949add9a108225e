"""The command line: ``htmap.cli.cli`` is the click command."""

from htmap_core.cli import cli, main

__all__ = ["cli", "main"]
