"""The hooks of this plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from htmap_core import (
    Check,
    InputFile,
    Interruption,
    MapPlan,
    Pool,
    PoolAccess,
    SiteWords,
    SubmitDescription,
    hookimpl,
)
from htmap_ospool import checks, osdf, rules, site, words
from htmap_ospool.settings import OspoolSettings, settings


@hookimpl
def htmap_settings() -> Mapping[str, type]:
    """Offer the table OSPOOL."""
    return {"OSPOOL": OspoolSettings}


@hookimpl
def htmap_pools() -> Sequence[Pool]:
    """Offer the OSPool."""
    return [site.Ospool()]


@hookimpl
def htmap_check_place(folder: Path) -> None:
    """Refuse maps that lie below /ospool."""
    osdf.refuse_maps(folder)


@hookimpl
def htmap_rewrite_input(file: InputFile) -> None:
    """Have jobs fetch files below /ospool by OSDF."""
    osdf.fetch(file)


@hookimpl
def htmap_rewrite_submit(submit: SubmitDescription, plan: MapPlan) -> None:
    """Write the OSPool's attributes into the submit description."""
    rules.apply(submit, plan, settings())


@hookimpl
def htmap_checks(pool: PoolAccess) -> Sequence[Check]:
    """Check the project, and what slots can do."""
    return list(checks.of(pool, settings()))


@hookimpl
def htmap_site_words(interruption: Interruption) -> SiteWords | None:
    """Say what the OSPool means by a hold, a removal or an eviction."""
    return words.on(interruption)
