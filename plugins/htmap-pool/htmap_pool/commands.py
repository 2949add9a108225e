"""The commands ``htmap pool ...``."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, cast

import attrs
import click

from htmap_core import table, takes_json
from htmap_core.wording import in_shell
from htmap_pool import release
from htmap_pool.errors import NotInstalled, UnfitTarball
from htmap_pool.installing.sources import NEW_ENOUGH
from htmap_pool.places import Places
from htmap_pool.release import Release
from htmap_pool.running import daemons, report
from htmap_pool.running.configuration import Shape
from htmap_pool.settings import PoolSettings
from htmap_pool.system import check_system, is_possible

if TYPE_CHECKING:
    from htmap_pool import answers

# The same code as that of `systemctl status`.
_NOT_RUNNING = 3
_MB = 1024 * 1024


@click.group()
def pool() -> None:
    """Install and run a personal HTCondor pool.

    It needs no root, belongs to you alone, listens on this machine only, and keeps its files below HTMAP_DIR.
    """


@pool.command()
@click.option("--again", is_flag=True, help="Install HTCondor even if there is one already.")
@click.option("--from", "tarball", metavar="FILE", help="Take it from one of HTCondor's tarballs: condor-....tar.gz.")
@takes_json
def install(again: bool, tarball: str | None, as_json: bool) -> answers.Installed:
    """Install HTCondor, unless this machine has it.

    It unpacks Debian's or Ubuntu's packages below HTMAP_DIR, and changes nothing of the system. After an interruption, run it
    again: it continues where it was. On other systems it takes the tarball that HTCondor's developers have for each.
    """
    settings, places = table("POOL", PoolSettings), Places.current()
    if tarball is not None:
        found = _from_tarball(places, settings, tarball, again)
    elif settings.prefix is not None:
        found = release.find(places, settings.prefix)
    else:
        from htmap_pool.installing.install import install as install_packages

        found = install_packages(places, _tell, again=again)
    version = found.version()
    if not as_json:
        click.echo(f"HTCondor {version} in {found.root} (from {found.origin})")
    if tuple(int(part) for part in version.split(".")[:2]) < NEW_ENOUGH:
        click.echo(
            "If Python's bindings cannot authenticate with this old version, `htmap pool install --again` installs a newer one",
            err=True,
        )
    return {"version": version, "folder": str(found.root), "origin": found.origin}


def _from_tarball(places: Places, settings: PoolSettings, tarball: str, again: bool) -> Release:
    from htmap_pool.installing.tarball import install_tarball

    if settings.prefix is not None:
        reason = (
            f"POOL.PREFIX names {str(settings.prefix)!r}, which is used instead of any other; `htmap unset POOL.PREFIX`"
        )
        raise UnfitTarball(tarball, reason)
    return install_tarball(places, tarball, _tell, again=again)


def _tell(line: str) -> None:
    click.echo(line, err=True)


@pool.command()
@click.option("--cpus", type=click.IntRange(min=1), help="Processors to offer; can be more than the machine has.")
@click.option("--memory", type=click.IntRange(min=128), metavar="MB", help="Memory to offer.")
@click.option("--enforce-memory", is_flag=True, help="Hold jobs that use more than their slot has, as large pools do.")
@takes_json
def start(cpus: int | None, memory: int | None, enforce_memory: bool, as_json: bool) -> answers.Started:
    """Start the pool and wait until it takes jobs.

    It runs on without this terminal, and stops by itself after it was idle for a while (setting POOL.IDLE_SHUTDOWN).
    """
    from htmap_pool.installing.install import adapt_if_moved

    check_system()
    settings, places = table("POOL", PoolSettings), Places.current()
    adapt_if_moved(places)
    is_strict = enforce_memory or settings.enforce_memory
    shape = Shape(cpus or settings.cpus, memory or settings.memory, settings.idle_shutdown, is_strict)
    started = daemons.start(places, _release(settings), shape, settings.start_timeout)
    record = started.record
    if not as_json:
        how = f": HTCondor {record.version}, pid" if started.is_new else " already: pid"
        click.echo(f"the personal pool runs{how} {record.pid}")
    if not started.is_new and (cpus or memory or (enforce_memory and not _enforces_memory(places))):
        click.echo("to change its size, or what it enforces, stop it first: `htmap pool stop`", err=True)
    return {"version": record.version, "pid": record.pid, "started": started.is_new}


def _enforces_memory(places: Places) -> bool:
    found = report.status(places)
    return found is not None and found.enforces_memory


def _release(settings: PoolSettings) -> Release:
    return release.find(Places.current(), settings.prefix)


@pool.command()
@takes_json
def stop(as_json: bool) -> answers.Stopped:
    """Stop the pool. Jobs stay in its queue and continue after the next start."""
    was_running = daemons.stop(Places.current())
    if not as_json:
        click.echo("the personal pool is stopped" if was_running else "the personal pool was not running")
    return {"stopped": was_running}


@pool.command()
@takes_json
@click.pass_context
def status(context: click.Context, as_json: bool) -> tuple[answers.PoolStatus, int] | None:
    """Show whether the pool runs, its size and its jobs.

    The exit code is 0 if the pool runs, and 3 if not.
    """
    places = Places.current()
    found = report.status(places)
    if as_json:
        return _facts(places, found), 0 if found else _NOT_RUNNING
    if found:
        click.echo(_table(found))
        return None
    gone = " any more: its master ended, but nobody stopped it" if report.is_stale(places) else ""
    click.echo(f"the personal pool is not running{gone}; {_how_to_start(places)}")
    return context.exit(_NOT_RUNNING)


def _facts(places: Places, found: report.Status | None) -> answers.PoolStatus:
    facts: dict[str, Any] = {"running": found is not None, **dict.fromkeys(attrs.fields_dict(report.Status))}
    facts["directory"] = str(places.root)
    if found is not None:
        facts.update(attrs.asdict(found), since=datetime.datetime.fromisoformat(found.since))
        facts.update(memory=found.memory * _MB, free_memory=found.free_memory * _MB)
    return cast("answers.PoolStatus", facts)


def _how_to_start(places: Places) -> str:
    if not is_possible():
        return "it runs on Linux only"
    try:
        found = release.find(places, table("POOL", PoolSettings).prefix)
    except NotInstalled:
        return "no HTCondor is installed for it: `htmap pool install`"
    return f"`htmap pool start` starts it, with HTCondor in {found.root} (from {found.origin})"


def _table(found: report.Status) -> str:
    jobs = ", ".join(f"{count} {name}" for name, count in found.jobs.items())
    rows = {
        "running": f"since {found.since}, pid {found.pid}",
        "HTCondor": f"{found.version} in {found.release}",
        "cpus": f"{found.cpus}, {found.free_cpus} free",
        "memory": f"{found.memory} MB, {found.free_memory} MB free{', enforced' if found.enforces_memory else ''}",
        "jobs": jobs,
        "files": found.directory,
        "for HTCondor's tools": f"export CONDOR_CONFIG={in_shell(found.configuration)}",
    }
    width = max(len(name) for name in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


@pool.command()
@click.argument("daemon", required=False)
@click.option("--tail", "lines", type=click.IntRange(min=0), default=20, show_default=True, help="Lines to show.")
@takes_json
def logs(daemon: str | None, lines: int, as_json: bool) -> answers.PoolLogs:
    """Show the path and the end of a log. DAEMON is schedd, startd, starter, ...; without DAEMON, list the logs."""
    places = Places.current()
    shown: list[answers.PoolLog] = []
    if daemon is None:
        shown = [{"path": str(path), "lines": None} for path in report.logs(places)]
    else:
        path = report.log(places, daemon)
        shown = [{"path": str(path), "lines": report.tail(path, lines)}]
    for each in () if as_json else shown:
        of_it = each["lines"]
        click.echo(each["path"] if of_it is None else "\n".join([f"==> {each['path']}", *of_it]))
    return {"logs": shown}
