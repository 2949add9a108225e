"""The command line in tests."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from click.testing import CliRunner, Result  # noqa: TID251 -- this is the one place

from htmap_core.cli import cli
from htmap_core.testing.own_settings import settings_with

# Before click 8.2, the newest for Python 3.9, standard error is in `stdout` unless this is said.
_SEPARATE: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


def run_htmap(*arguments: str, stdin: str = "") -> Result:
    """Run ``htmap`` in this process, and return the result.

    The command uses the settings of the test, and changes none of them::

        assert "sw" in run_htmap("plugins", "list").stdout

    :param stdin: the user's input.
    :return: click's result: ``exit_code``, ``stdout``, ``stderr``, and in ``exception`` the error that users see as a message.

    Since 0.7.
    """
    with settings_with({}), warnings.catch_warnings():  # the command changes both for a command line
        return CliRunner(**_SEPARATE).invoke(cli, list(arguments), input=stdin, prog_name="htmap")
