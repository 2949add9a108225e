"""Transfer protocols: URL schemes for inputs and outputs, and the input files that sites replace by URLs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Optional

import attrs

# RFC 3986 also allows + - and . in a scheme. HTCondor reads the part before one of them as the name of a token.
_SCHEME = re.compile(r"[a-z][a-z0-9]*")

# A URL that a list of files can hold: ASCII without blanks, commas and backslashes, and without `$$`, which asks the slot.
_LISTABLE = re.compile(r"(?!.*\$\$)[A-Za-z][A-Za-z0-9+.-]*://[!-+\--\[\]-~]+")


Sender = Callable[[str], str]
"""Turns the URL that a user gives for an output into the URL that the execute node sends it to."""


def _lower(scheme: str) -> str:
    return scheme.lower()


def _options(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):  # or else each letter would be an option
        raise TypeError(f"options must be a list of names, not {names!r}")
    return tuple(names)


def _check_script(_: object, attribute: attrs.Attribute[Path | None], script: Path | None) -> None:
    if script is not None and not script.is_absolute():
        near = 'Path(__file__).with_name("...") is one'
        raise ValueError(
            f"{attribute.name} must be an absolute path, the same in each folder, not {str(script)!r}; {near}"
        )


def _check_scheme(_: object, attribute: attrs.Attribute[str], scheme: str) -> None:
    if not _SCHEME.fullmatch(scheme):
        raise ValueError(
            f"{attribute.name} {scheme!r} is not a URL scheme for HTCondor: it needs letters and digits, a letter first"
        )


@attrs.frozen
class TransferProtocol:
    """A URL scheme to transfer files by. A plugin offers it through ``htmap_transfer_protocols``. Since 0.7.

    >>> TransferProtocol("osdf", outputs=False).scheme
    'osdf'

    :param scheme: the URL scheme, without ``://``; it is stored in lower case.
    :param script: an HTCondor file transfer plugin to send with each job that uses the scheme, by its absolute path; None if
        execute nodes have one.
    :param inputs: whether it can fetch files.
    :param outputs: whether it can send files.
    :param options: the submit commands that it needs, such as those that name files with access keys.
    :param sender: for a protocol whose output URLs must be rewritten. Runs on the submit machine, with the values of
        :attr:`options` and of all other options that hold for the whole map: once when the map is created, and again when URLs
        are made anew, because those of before may have ended. The function that it returns runs for each URL.
    """

    scheme: str = attrs.field(converter=_lower, validator=_check_scheme)
    script: Optional[Path] = attrs.field(
        default=None, converter=attrs.converters.optional(Path), validator=_check_script
    )
    inputs: bool = True
    outputs: bool = True
    options: tuple[str, ...] = attrs.field(default=(), converter=_options)
    sender: Optional[Callable[[Mapping[str, str]], Sender]] = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.is_callable())
    )


@attrs.define
class InputFile:
    """An input file or folder on the submit side, as the rules of a site see it. Since 0.7.

    >>> file = InputFile(Path("/staging/alice/tide.csv"), size=20_000_000_000)
    >>> file.fetch_from(f"osdf:///chtc{file.path}")
    >>> file.url
    'osdf:///chtc/staging/alice/tide.csv'

    :param path: its absolute path, as the user knows it: links are not followed.
    :param size: its size in bytes; None for a folder, and where it cannot be looked at.
    :param is_folder: whether it is a folder, or the contents of one.
    :param is_contents: whether the contents of the folder travel, and not the folder itself.
    :param component: the first component that gets it; None if all components do.
    """

    path: Path
    size: Optional[int] = None
    is_folder: bool = False
    is_contents: bool = False
    component: Optional[int] = None
    url: Optional[str] = attrs.field(default=None, init=False)
    """The URL that jobs fetch it from instead; None while nobody has replaced it."""

    warnings: list[str] = attrs.field(factory=list, init=False)
    """What the user is told about it."""

    def fetch_from(self, url: str) -> None:
        """Have jobs fetch the file from a URL, by which it keeps its name and place on the execute node.

        Afterwards HTMap checks the protocol of the URL, like one that the user has given. ::

            file.fetch_from(f"osdf:///chtc{file.path}")

        :param url: a URL with quoted blanks, commas and the like, as the server and the transfer plugin understand them.
        :raises ValueError: it is no such URL, or another one has replaced the file, or it stands for the contents of a folder.
        """
        if self.is_contents:
            raise ValueError(f"the contents of {self.path} cannot be replaced by a URL")
        if not _LISTABLE.fullmatch(url):
            raise ValueError(f"{url!r} is no URL in which blanks, commas and the like are quoted")
        if self.url is not None and self.url != url:
            raise ValueError(f"{self.path} is replaced by {self.url!r} already, so it cannot be {url!r}")
        self.url = url

    def warn(self, text: str) -> None:
        """Warn the user about the file, who gets one warning for all files of the map.

        ::

            file.warn("it has more than 1 GB; keep such files in /staging")
        """
        self.warnings.append(text)
