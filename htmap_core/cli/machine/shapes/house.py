"""What the commands answer that are about HTMap itself."""

from __future__ import annotations

from typing import Any, Literal, Optional, TypedDict

Deed = Literal["creation", "removal", "rerun", "change of the tag", "run on this machine"]


class Overridden(TypedDict):
    """A value that has no effect.

    :param value: the value.
    :param origin: where it comes from.
    """

    value: Any
    origin: str


class Setting(TypedDict):
    """A setting.

    :param name: its dotted path.
    :param value: its value, as TOML has it; null if it is not set.
    :param origin: where the value comes from; null if it is the default.
    :param overrides: values from elsewhere that have no effect.
    :param meaning: what it means; empty if nobody has said so.
    """

    name: str
    value: Any
    origin: Optional[str]
    overrides: list[Overridden]
    meaning: str


class Settings(TypedDict):
    """Settings.

    :param settings: the settings, by their paths; with ``--user`` those of ``~/.htmaprc``, with the values that they have there.
    """

    settings: list[Setting]


class WrittenSetting(TypedDict):
    """A setting that was written.

    :param setting: its dotted path, as it was typed.
    :param value: its value.
    :param file: the file.
    """

    setting: str
    value: Any
    file: str


class DeletedSetting(TypedDict):
    """A setting that was deleted.

    :param setting: its dotted path, as it was typed.
    :param deleted: whether the file had it.
    :param file: the file.
    :param origin: where its value comes from, if it was not in the file; null if it was, or if it is the default.
    """

    setting: str
    deleted: bool
    file: str
    origin: Optional[str]


class Moved(TypedDict):
    """A move of HTMAP_DIR.

    :param folder: where it is now.
    :param variable: the environment variable that has to be changed by hand; null if ``~/.htmaprc`` was changed.
    """

    folder: str
    variable: Optional[str]


class Check(TypedDict):
    """A check of ``htmap doctor``.

    :param area: the subject, such as ``schedd``.
    :param verdict: ``ok``; ``note`` if it may matter; ``problem`` if maps cannot run because of it, or not as they should.
    :param text: what was found.
    :param advice: what to do about it; empty if nothing need be done.
    """

    area: str
    verdict: Literal["ok", "note", "problem"]
    text: str
    advice: str


class Doctor(TypedDict):
    """What the doctor has found. The exit code is 1 if there is a problem.

    :param checks: the checks, in order.
    :param problems: how many of them found a problem.
    """

    checks: list[Check]
    problems: int


class Operation(TypedDict):
    """An operation that was interrupted.

    :param operation: what it was.
    :param tag: the map.
    :param outcome: what came of it.
    :param problem: why it is left; empty if it is not.
    :param marker: the file that stands for it as long as it is left.
    """

    operation: Deed
    tag: str
    outcome: Literal["finished", "undone", "left"]
    problem: str
    marker: str


class Settled(TypedDict):
    """What came of interrupted operations. The exit code is 1 if something is left.

    :param operations: those that were tried.
    :param left: markers of others, which are damaged, of another host and less than a day old, or of a newer HTMap.
    :param move: what came of a move of HTMAP_DIR; null if none was interrupted.
    :param move_problem: why that is left; empty if it is not.
    """

    operations: list[Operation]
    left: list[str]
    move: Optional[Literal["finished", "left"]]
    move_problem: str


class Version(TypedDict):
    """Versions.

    :param htmap: HTMap's.
    :param bindings: that of HTCondor's bindings, as they tell it; null where they are missing.
    """

    htmap: str
    bindings: Optional[str]


class Log(TypedDict):
    """HTMap's log.

    :param file: its path; it need not exist.
    :param text: what is in it; null without ``--view``.
    """

    file: str
    text: Optional[str]


class Completion(TypedDict):
    """How a shell completes commands.

    :param shell: the shell.
    :param file: the file that it reads when it starts.
    :param line: the line that makes it complete commands.
    :param added: whether the line was added now.
    """

    shell: str
    file: str
    line: str
    added: bool


class Page(TypedDict):
    """A page of the documentation, or an example in one file.

    :param name: what `htmap docs` calls it.
    :param kind: what it is for.
    :param title: its title.
    :param path: its file, in Markdown; an example is what it is.
    :param line: the line that has most of the words that were looked for; null where a page was named, or all are listed.
    """

    name: str
    kind: Literal["tutorials", "how-to", "reference", "explanation", "examples", "overview"]
    title: str
    path: str
    line: Optional[str]


class Pages(TypedDict):
    """Pages of the documentation: that which was named, those that have the words, or all.

    :param pages: the pages, in the order in which they are listed.
    """

    pages: list[Page]
