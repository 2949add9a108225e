"""``python -m release``, which ``make release``, ``make version`` and ``make align`` call."""

from __future__ import annotations

import datetime
import re
import sys

import click

from release import changelogs, index
from release.building import Refused
from release.distributions import ROOT, described, distributions, pythons, version
from release.making import BUILD, DIST, NOTES, Release
from release.shared_facts import align
from release.staging import Facts


@click.group()
def main() -> None:
    """Make releases of all distributions, which have one version."""


@main.command()
@click.option("--address", default="", help="Where the repository is on the web: https://...")
@click.option("--email", default="", help="How to reach the developers.")
@click.option("--python", "versions", multiple=True, help="Try it with this Python only, such as 3.12; repeatable.")
@click.option("--uncommitted", is_flag=True, help="Take the checkout with changes that are not committed.")
def make(address: str, email: str, versions: tuple[str, ...], uncommitted: bool) -> None:
    """Build, check, install and try all distributions, and put them into dist/.

    What has changed is written to build/release-notes.md, recipes for conda-forge to build/conda, and the changelogs get the
    date. Nothing is uploaded. If anything is wrong, dist/ and the changelogs stay as they are.
    """
    facts = Facts(_fact("address", address).rstrip("/"), _fact("email", email), _day())
    for name, form in (("address", r"https://\S+"), ("email", r"\S+@\S+")):
        if not re.fullmatch(form, given := getattr(facts, name)):
            raise click.UsageError(f"{given!r} is no {name}")
    try:
        Release(facts, versions or pythons(), tells=lambda text: click.echo(f"- {text}")).make(uncommitted=uncommitted)
    except (Refused, KeyboardInterrupt) as error:
        why = str(error) or f"it was interrupted. What was made is in {BUILD}/; the next one begins anew"
        raise click.ClickException(f"no release was made, and nothing has changed:\n{why}") from error
    number = version()
    click.echo(f"HTMap {number} is in {DIST}/, and what has changed in {NOTES}. Read these, then type:")
    for command in (f'git commit --all --message "Release {number}"', f"git tag v{number}", f"twine upload {DIST}/*"):
        click.echo(f"  {command}")


@main.command("version")
@click.argument("new")
def change_version(new: str) -> None:
    """Give all distributions another version, and each changelog a section for it."""
    if not re.fullmatch(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?", new):
        raise click.UsageError(f"{new!r} is no version such as 1.2.3 or 1.2.3rc1")
    for each in distributions():
        changelog = changelogs.path_of(each)
        changelog.write_text(changelogs.begun(changelog.read_text(encoding="utf-8"), new), encoding="utf-8")
    align(new=new)
    click.echo(f"all distributions are version {new}; `git diff` shows what has changed")


@main.command("align")
def write_alike() -> None:
    """Write what all distributions say alike, such as licence and classifiers, wherever it is not so."""
    for path in align():
        click.echo(path.relative_to(ROOT))


@main.command("names")
def look_for_names() -> None:
    """Say whether the names of all distributions are free on the index, or ours."""
    if found := list(index.faults(distributions(), version(), index.versions)):
        raise click.ClickException("\n".join(found))
    click.echo("each name is free, or ours")


def _fact(name: str, given: str) -> str:
    """Return what only a release knows: as it was given, as ``pyproject.toml`` has it, or as somebody types it."""
    if value := given or described(ROOT)["tool"]["htmap-release"][name]:
        return str(value)
    if sys.stdin.isatty():
        return str(click.prompt(f"The {name} ([tool.htmap-release] in pyproject.toml can have it)"))
    raise click.UsageError(f"what is the {name}? `--{name}` says it, or [tool.htmap-release] in pyproject.toml")


def _day() -> str:
    """Return the date of the release: the one of the newest section, if it is dated, and else today's."""
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    dates = [each.when for each in changelogs.sections(changelogs.text_of(distributions()[0]))[:1]]
    return next((date for date in dates if date not in {"", changelogs.UNRELEASED}), today)


if __name__ == "__main__":
    main(prog_name="python -m release")
