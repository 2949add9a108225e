"""The command line in tests."""

from __future__ import annotations

import warnings

from click.testing import CliRunner, Result

from htmap_core.cli import cli
from htmap_core.testing.own_settings import settings_with


def run_htmap(*arguments: str, stdin: str = "") -> Result:
    """Run ``htmap`` in this process, and return click's result: ``exit_code``, ``stdout``, ``stderr`` and ``exception``.

    The command uses the test's settings and changes none of them. An HTMapException is in ``exception``; users see its text.
    Since 0.7. ::

        assert "sw" in run_htmap("plugins", "list").stdout

    :param arguments: the command with its arguments and options.
    :param stdin: the user's input.
    """
    with settings_with({}), warnings.catch_warnings():  # the command line changes both
        return CliRunner().invoke(cli, list(arguments), input=stdin)
