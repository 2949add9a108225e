"""What ``htmap plugins`` and ``htmap delivery`` answer, and print as tables."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import attrs

from htmap_core.condor.connection import Connection
from htmap_core.plugins import calls
from htmap_core.plugins.record import PluginRecord
from htmap_core.settings import model
from htmap_core.settings.chain import settings
from htmap_core.settings.layers import BUILT_IN
from htmap_core.storage.decisions import Decision
from htmap_core.submission.delivery_choice import Choice, why

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes import installed

# The hooks by which a plugin acts on every map, unlike its offers, from which a user chooses.
_STEPS = {
    "htmap_check_place": "places",
    "htmap_rewrite_input": "input files",
    "htmap_setup_credentials": "credentials",
    "htmap_rewrite_submit": "submit description",
}
_QUESTIONS = {"htmap_checks": "checks", "htmap_site_words": "site words"}


def facts(record: PluginRecord, pool: Connection | None) -> installed.Plugin:
    """Return all that is known of a plugin, and whether its delivery methods suit a pool."""
    return {
        "name": record.name,
        "distribution": record.distribution,
        "version": record.version,
        "state": record.state,
        "reason": record.reason,
        "import_seconds": round(record.seconds, 3),
        "offers": record.offers,
        "answers": [words for hook, words in _QUESTIONS.items() if hook in record.hooks],
        "steps": [words for hook, words in _STEPS.items() if hook in record.hooks],
        "delivery_methods": {name: _suitability(name, pool) for name in record.offers.get("delivery methods", ())},
        "hooks": list(record.hooks),
        "settings": list(settings_of(record)),
        "remedy": record.remedy if record.state == "broken" else "",
        "traceback": record.traceback,
    }


def _suitability(name: str, pool: Connection | None) -> installed.Suits:
    if pool is None:
        return {"suits": "unknown", "why": "no pool is running"}
    found = calls.plugins.check(calls.plugins.delivery_method(name), pool)
    return {"suits": found.verdict, "why": found.reason}


def settings_of(record: PluginRecord) -> Iterator[installed.SettingOfPlugin]:
    """Yield the settings of a plugin's tables, each with its value and where that comes from."""
    classes = calls.plugins.settings_tables()
    for table in record.offers.get("settings", ()):
        for setting in model.settings_of(table, classes[table]):
            origin = settings.origin(setting.name)
            yield {
                "name": setting.name,
                "value": settings[setting.name],
                "origin": None if origin == BUILT_IN else origin,
            }


def delivery(present: tuple[str, Choice] | None, told: Sequence[Decision]) -> installed.Delivery:
    """Return which delivery method maps use.

    :param present: the pool, and the choice for its next map.
    :param told: what was written down.
    """
    return {
        "present": present
        and {"pool": present[0], "method": present[1].method, "by": present[1].by, "why": why(present[1])},
        "decisions": [_decision(each) for each in told],
    }


def _decision(each: Decision) -> installed.Decision:
    plain: dict[str, Any] = attrs.asdict(each)
    plain["since"] = datetime.datetime.fromtimestamp(each.since, datetime.timezone.utc)
    return cast("installed.Decision", plain)
