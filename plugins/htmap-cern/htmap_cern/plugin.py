"""The hooks of this plugin.

`htmap docs site-plugin` explains it line by line, as the example of a site's plugin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from htmap_cern import checks, credentials, eos, modules, site, words
from htmap_cern.jobs import pythons, rules
from htmap_cern.settings import CernSettings, settings
from htmap_core import (
    Check,
    InputFile,
    Interruption,
    MapPlan,
    Pool,
    PoolAccess,
    SiteWords,
    SubmitDescription,
    TransferProtocol,
    hookimpl,
)


@hookimpl
def htmap_settings() -> Mapping[str, type]:
    """Offer the table CERN."""
    return {"CERN": CernSettings}


@hookimpl
def htmap_pools() -> Sequence[Pool]:
    """Offer CERN's batch service."""
    return [site.SharedPythonPool() if pythons.Python().is_shared else site.CernPool()]


@hookimpl
def htmap_transfer_protocols() -> Sequence[TransferProtocol]:
    """Offer ``root://`` for files on EOS, at CERN and elsewhere; slots advertise whether their HTCondor can transfer by it."""
    return [TransferProtocol("root")]


@hookimpl
def htmap_check_place(folder: Path) -> None:
    """Refuse maps that lie on EOS, and those that would go to schedds which take none."""
    modules.refuse_other_schedds()
    eos.refuse_maps(folder)


@hookimpl
def htmap_rewrite_input(file: InputFile) -> None:
    """Have jobs fetch files on EOS by ``root://``."""
    eos.fetch(file)


@hookimpl
def htmap_setup_credentials(submit: SubmitDescription, plan: MapPlan) -> None:
    """Hand the user's ticket to the batch service."""
    credentials.set_up(submit, plan, settings())


@hookimpl
def htmap_rewrite_submit(submit: SubmitDescription, plan: MapPlan) -> None:
    """Write CERN's attributes into the submit description."""
    rules.apply(submit, plan, settings())


@hookimpl
def htmap_checks(pool: PoolAccess) -> Sequence[Check]:
    """Check the ticket and the credd."""
    return list(checks.of(pool, settings()))


@hookimpl
def htmap_site_words(interruption: Interruption) -> SiteWords | None:
    """Say what CERN means by a hold or a removal."""
    return words.on(interruption)
