"""HTCondor's configuration files: whether this machine has one, and whether one can be trusted."""

from __future__ import annotations

import os
import re
from pathlib import Path

from htmap_core import environment
from htmap_core.exceptions import UnsafePath, UnsafePoolConfiguration
from htmap_core.settings.trust import check_owner
from htmap_core.wording import in_shell


def check_configuration(path: Path) -> None:
    """Check that nobody but the user and root could have written a configuration: it can name programs that its readers run.

    The path comes from a map's directory. If CONDOR_CONFIG has it, too, the user has named it.

    :raises UnsafePoolConfiguration: somebody else owns the file, or may write to it.
    """
    if environment.variable("CONDOR_CONFIG") == str(path):
        return
    try:
        check_owner(
            path,
            "the HTCondor configuration of a map's pool",
            f"`export CONDOR_CONFIG={in_shell(path)}` says that you trust it",
        )
    except UnsafePath as error:
        raise UnsafePoolConfiguration(path, str(error)) from error


def named_configuration() -> str | None:
    """Return the source of configuration that CONDOR_CONFIG names; None if it is not set, or names none.

    ``ONLY_ENV`` and the empty file name none. The bindings set CONDOR_CONFIG to one of these, permanently, if they find no
    configuration at their import.
    """
    named = environment.variable("CONDOR_CONFIG")
    return None if named in {None, "", "ONLY_ENV", os.devnull} else named


def missing_configuration() -> str | None:
    """Return the file that CONDOR_CONFIG names if it does not exist, else None."""
    named = named_configuration()
    if named is None or named.rstrip().endswith(_PIPE):  # a program that prints the configuration
        return None
    return None if os.path.isfile(named) or _is_pipe(named) else named


def _is_pipe(path: str) -> bool:
    return Path(path).is_fifo() or Path(path).is_char_device()  # such as <(program) in a shell


def schedd_in_environment() -> str | None:
    """Return the environment variable that sets SCHEDD_HOST, which HTCondor reads beside all files, with its value, or None."""
    for name, value in environment.copy().items():
        if name.casefold() == "_condor_schedd_host" and value:
            return f"{name} = {value!r}"
    return None


def has_program() -> bool:
    """Return whether a program prints a part of the configuration that HTCondor would read now.

    If it fails, HTCondor ends the process that reads it. Files are looked at where HTCondor's packages have them.
    """
    if (named_configuration() or "").rstrip().endswith(_PIPE):
        return True
    texts = [_text(path) for path in _main_files()[:1]]
    folders = [folder for text in texts for folder in _LOCAL_FOLDER.findall(text)] or ["/etc/condor/config.d"]
    files = [path for folder in folders for path in sorted(Path(folder).glob("*"))]
    local = environment.variable("_condor_LOCAL_CONFIG_FILE")
    texts += [*map(_text, files), f"LOCAL_CONFIG_FILE = {local or ''}"]
    return any(_PRINTED.search(text) for text in texts)


_PIPE = "|"  # behind a program, where a file could stand
_LOCAL_FOLDER = re.compile(r"^[ \t]*LOCAL_CONFIG_DIR[ \t]*=[ \t]*(/[^$\s]*)", re.IGNORECASE | re.MULTILINE)
_PRINTED = re.compile(r"^[ \t]*LOCAL_CONFIG_FILE[ \t]*=.*\|[ \t]*$", re.IGNORECASE | re.MULTILINE)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace") if path.is_file() else ""
    except OSError:
        return ""


def _main_files() -> list[Path]:
    """Return the files at the places where HTCondor looks for its configuration; it reads the first."""
    if environment.variable("CONDOR_CONFIG") is not None:
        named = named_configuration()
        return [] if named is None or missing_configuration() is not None else [Path(named)]
    homes = ("~/.condor/condor_config", "~/.condor/user_config")
    places = (*homes, "/etc/condor/condor_config", "/usr/local/etc/condor_config")
    return [path for path in (Path(place).expanduser() for place in places) if path.exists()]


def has_configuration() -> bool:
    """Return whether this machine has an HTCondor configuration at one of the places where HTCondor looks for it.

    This is cheap, and does not load the bindings: on a machine without HTCondor nothing needs them.
    """
    return bool(_main_files())
