"""Warnings about maps that a script finds again."""

from __future__ import annotations

import attrs

from htmap_core.user_warnings.roots import HTMapWarning
from htmap_core.wording import in_shell, numbered


@attrs.define(slots=False)
class LeftAsTheyAre(HTMapWarning):
    """A map was found again, and has components that do not go on by themselves. They stay as they are.

    :param tag: the map.
    :param failed: the components that have failed.
    :param held: those that are held.
    :param removed: those that were removed from the queue.
    """

    tag: str
    failed: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()

    def __str__(self) -> str:
        again = "`htmap rerun components {tag} --status {status}` runs {them} again"
        told = [
            _told(self.failed, "failed", f"`htmap errors {{tag}}` tells why, {again}", self.tag, "errored"),
            _told(
                self.held,
                "is held",
                "`htmap why {tag}` tells why, `htmap release {tag}` has {them} go on",
                self.tag,
                "",
            ),
            _told(self.removed, "was removed from the queue", again, self.tag, "removed"),
        ]
        return "\n".join([f"map {self.tag!r} was there already, and stays as it is:", *filter(None, told)])


_OF_SEVERAL = {"failed": "failed", "is held": "are held", "was removed from the queue": "were removed from the queue"}


def _told(components: tuple[int, ...], how: str, advice: str, tag: str, status: str) -> str:
    if not components:
        return ""
    is_one = len(components) == 1
    which = f"{numbered(components)} {how if is_one else _OF_SEVERAL[how]}"
    return f"{which}; {advice.format(tag=in_shell(tag), status=status, them='it' if is_one else 'them')}"


@attrs.define(slots=False)
class OtherOptions(HTMapWarning):
    """A map was found again whose components were submitted with other options than those of today.

    :param tag: the map.
    :param options: the names of the options that differ.
    :param added: how many components were added, which have the options of today.
    """

    tag: str
    options: tuple[str, ...]
    added: int = 0

    def __str__(self) -> str:
        keep = f"map {self.tag!r} was there already, and its components keep their options. Others now: {', '.join(self.options)}"
        new = f". The {self.added} that were added have those of today" if self.added else ""
        return f'{keep}{new}. `htmap edit` changes requests of those that wait; if_exists="replace" begins anew'


@attrs.define(slots=False)
class OtherPlace(HTMapWarning):
    """A map was found again that runs in another place than the script wants now: on this machine, or in a pool.

    :param tag: the map.
    :param is_here: whether it runs on this machine.
    """

    tag: str
    is_here: bool

    def __str__(self) -> str:
        place = (
            "ran on this machine, and nothing of it goes to a pool"
            if self.is_here
            else "is in a pool, and does not run here"
        )
        return (
            f'map {self.tag!r} was there already: it {place}. `htmap remove {in_shell(self.tag)}`, or if_exists="replace", lets '
            f"the script begin anew in the other place"
        )


@attrs.define(slots=False)
class RunsEachTime(HTMapWarning):
    """A call of an executor with a tag cannot be compared with earlier ones, so it runs each time. Told once for a function.

    :param tag: the executor's tag.
    :param function: the name of the function.
    :param where: what cannot be compared, as it is reached from the call.
    :param kind: the name of its type.
    :param reason: why it cannot be compared.
    """

    tag: str
    function: str
    where: str
    kind: str
    reason: str

    def __str__(self) -> str:
        return (
            f"a call of {self.function!r} by the executor {self.tag!r} is not found again when the program runs once more, "
            f"and runs anew: {self.where} ({self.kind}) cannot be compared: {self.reason}. "
            f"`htmap docs same-function` says what can be"
        )
