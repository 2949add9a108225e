"""The reference of exceptions and warnings as Markdown, from their classes and from an example of each text."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from htmap_core import HTMapException
from htmap_core.user_warnings import HTMapWarning
from tests.docs.markdown import filled, items, shown, type_
from tests.docstrings import parsed
from tests.raised import CLASSES, FACTS, examples, is_family

_MOST = 3  # texts that are shown of one class
_ROOTS = (HTMapException, HTMapWarning)  # each is one of these
_MADE_UP = (FACTS["advice"], FACTS["reason"])  # what stands for the words of a case

# What to do about those whose text says it in the words of a case alone, or not at all.
FIXES = {
    "CannotBuild": "The lines above it are pip's own words; [Send packages along](../how-to/packages.md) has what to do.",
    "CannotMakePlugin": "Take another name or folder: `htmap plugins new NAME --kind KIND`.",
    "CannotMove": "Wait for running components, or hold them; then move: [HTMAP_DIR](../how-to/htmap-dir.md).",
    "CannotPack": "Pack a smaller environment: [Send your Python along](../how-to/transplant.md).",
    "CannotRemoveMap": "Make the files your own to delete; `htmap remove` then goes on where it stopped.",
    "CannotRetagMap": "Take another tag, or `htmap remove` the map that has it.",
    "CannotStart": "The text has the last lines of the daemon's log; `htmap pool logs` has all.",
    "CannotTransfer": "`htmap plugins list` shows the protocols: [Move files by URL](../how-to/move-files-by-url.md).",
    "ComponentNotFound": "Components are counted from 0.",
    "ComponentProblem": "`htmap errors` and `htmap reasons` have the rest.",
    "CondorRefused": "HTCondor's own words are in it; `htmap plan` shows what was submitted, and who has set each line.",
    "CorruptMap": "`htmap doctor` checks all files of all maps: [HTMAP_DIR](../how-to/htmap-dir.md) has what can still be done.",
    "ExecutorKeepsTag": "Wait until the program with the executor has ended, then `htmap retag TAG NEW`.",
    "HeldWithoutOutput": "Mend what the reason says, then `htmap release`: [codes of holds](holds.md).",
    "InstallationFailed": "The text lists each way that was tried. `htmap pool install --help` has the others.",
    "InsufficientHTCondorVersion": "HTMap does not raise it; it is kept for scripts that catch it.",
    "InvalidOption": "The text says where the value is from and what is wrong: [map options](settings.md#map-options).",
    "InvalidOutputStatus": "HTMap does not raise it; it is kept for scripts that catch it.",
    "InvalidSetting": "The text says where the value is from and what is wrong: [settings](settings.md).",
    "InvalidTag": "Take letters, digits, `-`, `_` and `.`: the text names what is wrong.",
    "JobNotFound": "Look at the map's own log of events instead: `htmap path TAG:events`.",
    "JobsKeepTag": "Try again when the schedd answers: `htmap retag TAG NEW`.",
    "MapComponentHeld": "Mend what the reason says, then `htmap release`: [codes of holds](holds.md).",
    "NewerMap": "Use the newer HTMap for it.",
    "NoJobsYet": "Act on the whole map instead, which reaches the jobs that are made later.",
    "NoPythonToShare": "Start Python by its path, or take another delivery method.",
    "NoSuchTransplant": "`htmap transplants info` shows those that there are.",
    "PluginError": "`htmap plugins show NAME` has its traceback; `HTMAP_PLUGINS` goes without it.",
    "PluginHangs": "What it waits for is probably a server; `htmap plugins show NAME` says whose it is.",
    "PluginIsOff": "`htmap plugins show NAME` has its traceback; update it, or uninstall it.",
    "PoolIsSilent": "`htmap doctor` asks each of its daemons.",
    "PoolNotFound": "`htmap doctor` says what each kind of pool lacks; `htmap pool install` brings one.",
    "PoolUnavailable": "`htmap doctor` asks each of its daemons.",
    "RefusedByRule": "Change what the rule asks for, or ask the administrator; `htmap plan` shows who has set each line.",
    "RequiredPluginError": "`htmap plugins show NAME` has its traceback; whoever wrote the setting wants it to work.",
    "ReservedOptionKeyword": "Leave it out; HTMap sets it for itself.",
    "SameDestination": "Write `$(component)` into the destination.",
    "TooLargeInputFiles": "Ask for more with `MapOptions(request_disk=...)`.",
    "ToolFailed": "HTCondor's own words are in it; `htmap pool logs` has more.",
    "UnknownWhetherSlotsTransfer": "Ask the administrator, or try one component.",
    "UnprovenOption": "Look it up in HTCondor's manual; as an attribute of the job it begins with `MY.`.",
    "UnsafePoolConfiguration": "Have the file owned by you or root, and writable by nobody else.",
    "UnusableFolder": "[Into a folder of yours](../how-to/files.md#into-a-folder-of-yours) has which folders will do.",
    "UnusableImage": "[Run components in containers](../how-to/containers.md) has the requirements of an image.",
}


def sections(found: list[type[BaseException]]) -> str:
    """Return a section for each class."""
    return "\n".join(map(_section, found))


def says_what_to_do(cls: type[BaseException]) -> bool:
    """Return whether the text of a class names something to do, without what is made up for the example."""
    text = str(examples(cls)[0])
    for each in _MADE_UP:
        text = text.replace(each, "")
    return any(mark in text for mark in ("`", "htmap.", "; ", ". ", ": give"))


def _section(cls: type[BaseException]) -> str:
    said = parsed(cls)
    parts = [f"### {cls.__name__}\n", *map(filled, said.paragraphs)]
    if not is_family(cls):
        parts.append(shown("\n\n".join(dict.fromkeys(str(each) for each in examples(cls)[:_MOST]))))
    parts += [filled(FIXES[cls.__name__])] if cls.__name__ in FIXES else []
    if bases := [_link(each) for each in cls.__bases__ if each not in _ROOTS and cls not in _ROOTS]:
        parts.append(filled(f"It is also a {' and a '.join(bases)}."))
    parts.append("" if is_family(cls) else items(_facts(cls)))
    return "\n".join(part for part in parts if part)


def _facts(cls: type[BaseException]) -> Iterator[tuple[str, str]]:
    """Yield the attributes of a class, each with its type and, where it does not speak for itself, its meaning."""
    meanings = {name: text for parent in reversed(cls.__mro__) for name, text in parsed(parent).of("param").items()}
    for each in attrs.fields(cls):  # type: ignore[arg-type]  # all are attrs classes, as another test says
        meaning = meanings.get(each.name)
        yield f"`{each.name}`", f"`{type_(each.type)}`{f', {meaning}' if meaning else ''}"


def _link(cls: type[BaseException]) -> str:
    return f"[{cls.__name__}](#{cls.__name__.lower()})" if cls in CLASSES else f"`{cls.__name__}`"
