"""Credentials for a map whose components are to run again: what the pool was given for it may be gone by now."""

from __future__ import annotations

from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.language.submit_text import RESERVED_COMMANDS, attribute_name
from htmap_core.plugins.calls import plugins
from htmap_core.settings.chain import settings
from htmap_core.storage.mapdir import MapDir


def renew_credentials(map_dir: MapDir, tag: str, pool: PoolView) -> None:
    """Let plugins see to it that the pool has the credentials that a map's jobs need.

    The map's description stays as it is, so what plugins write into theirs is dropped.

    :raises HTMapException: the credentials cannot be had.
    """
    record = map_dir.record
    commands, _ = map_dir.read_submit()
    attributes = {attribute_name(name) or "": text for name, text in commands.items()}
    own = {name: text for name, text in attributes.items() if name and name.casefold() not in RESERVED_COMMANDS}
    submit = SubmitDescription()
    for name, text in own.items():
        submit.set_attribute(name, text)
    plan = MapPlan(
        tag=tag,
        map_dir=map_dir.path,
        runtime=map_dir.runtime,
        components=record.components,
        jobs=record.jobs,
        options=MapOptions(custom_options=own),
        settings=settings,
        pool=pool,
    )
    plugins.setup_credentials(submit, plan)
