"""The command line in tests."""

from __future__ import annotations

import warnings

from click.testing import CliRunner, Result

from htmap_core.cli import cli
from htmap_core.testing.own_settings import settings_with


def run_htmap(*arguments: str, stdin: str = "") -> Result:
    """Run ``htmap`` in this process and return what it did.

    It has the settings that the test has made, and changes none of them::

        assert "sw" in run_htmap("plugins", "list").stdout

    :param stdin: what the user types.
    :return: click's result: ``exit_code``, ``stdout``, ``stderr``, and in ``exception`` what users would see as a message.

    Since 0.7.
    """
    with settings_with({}), warnings.catch_warnings():  # it says in both that this is a command line
        return CliRunner().invoke(cli, list(arguments), input=stdin)
