"""``htmap remove`` and ``htmap clean``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from htmap_core.cli import tables
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.selection import Selection, takes_maps, takes_yes, wide
from htmap_core.cli.suggestions import WithoutTags
from htmap_core.exceptions import CorruptMap, HTMapException, MadeByNewerHTMap, TagNotFound
from htmap_core.wording import counted

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.acts import Removals, Removed

_QUESTION = "Remove {maps}, with all data?"
_FORCE = (
    "Do not wait until the jobs have left the queue, and remove the data even if the pool does not answer, if the map is "
    "damaged, or if only a newer HTMap understands it. Of a map that has lost its tag, TAG is its id."
)


@click.command()
@takes_maps
@click.option("--force", is_flag=True, help=_FORCE)
@takes_yes
@takes_json
def remove(selection: Selection, force: bool, yes: bool, as_json: bool) -> Removals:
    """Remove maps: their jobs and all their data.

    Jobs leave the queue in whatever state they are. This cannot be undone.
    """
    if selection.is_wide:
        _say_what_runs(selection)
    return _remove_each(
        selection if selection.confirm(_QUESTION, yes=yes) else wide(()), force=force, tells=not as_json
    )


@click.command(cls=WithoutTags, instead="htmap remove {tag}")
@click.option("--all", "all_", is_flag=True, help="Remove all maps, also those with a tag of their own.")
@takes_yes
@takes_json
def clean(all_: bool, yes: bool, as_json: bool) -> Removals:
    """Remove maps that nobody gave a tag.

    Such maps have random tags. They are called transient, and have a star in the table of `htmap status`. Those that have not
    ended are removed, too, with their jobs; on a terminal it asks before that.
    """
    from htmap_core.maps import management

    chosen = wide(management.get_tags() if all_ else [each.tag for each in management.load_maps() if each.is_transient])
    if not chosen.tags:
        click.echo("nothing to remove", err=True)
    some_run = _say_what_runs(chosen)
    is_wanted = not (all_ or some_run) or chosen.confirm(_QUESTION, yes=yes)
    return _remove_each(chosen if is_wanted else wide(()), force=False, tells=not as_json)


def _say_what_runs(chosen: Selection) -> bool:
    """Tell how many of the maps to remove have not ended, and return whether there are any."""
    count = sum(map(_is_active, chosen.tags))
    if count:
        which = f"{count} of {len(chosen.tags)} maps" if len(chosen.tags) > 1 else f"map {chosen.tags[0]!r}"
        tables.remark(f"{which} {'has' if count == 1 else 'have'} not ended: jobs in the queue are removed, too")
    return count > 0


def _is_active(tag: str) -> bool:
    """Return whether a map has not ended, as far as its files tell; the removal itself says what is wrong with these."""
    from htmap_core.maps import management

    try:
        return management.load(tag).is_active
    except (CorruptMap, MadeByNewerHTMap):
        return False
    except HTMapException:
        return True


def _remove_each(selection: Selection, *, force: bool, tells: bool) -> Removals:
    """Remove maps, and return which.

    :param tells: whether to print the tag of each.
    """
    removed: list[Removed] = []

    def remove_one(tag: str) -> None:
        said, found = _remove(tag, force=force)
        removed.append(found)
        if tells:
            click.echo(said)
        if found["jobs"] is not None:
            click.echo(
                f"if jobs of it are left in a queue, `condor_rm -constraint '{found['jobs']}'` removes them", err=True
            )

    selection.each(remove_one)
    return {"maps": removed}


def _remove(tag: str, *, force: bool) -> tuple[str, Removed]:
    """Remove a map; return the words for that, and what was removed."""
    from htmap_core.maps import management
    from htmap_core.storage.tags import find_map

    try:
        found = management.load(tag)
        count = len(found)
    except CorruptMap:
        if force:
            return _remains(tag, management.remove_by_force(tag), "was damaged")
        jobs = find_map(tag).own_jobs
        management.remove(tag)
        return _remains(tag, jobs, "was damaged")
    except MadeByNewerHTMap:
        if not force:
            raise
        return _remains(tag, management.remove_by_force(tag), "was made by a newer HTMap")
    except TagNotFound:
        if not force:
            raise
        return _remains(tag, management.remove_by_force(tag), "no tag led to")
    found.remove(force=force)
    said = f"removed map {tag!r} ({counted(count, 'component')})"
    return said, {"tag": tag, "component_count": count, "jobs": None}


def _remains(tag: str, jobs: str, why: str) -> tuple[str, Removed]:
    said = f"removed the remains of map {tag!r}, which {why}"
    if not jobs:
        said = (
            f"removed the tag {tag!r}, which was damaged. `htmap doctor` names the maps that have none, with their ids"
        )
    return said, {"tag": tag, "component_count": None, "jobs": jobs or None}
