"""The settings table POOL."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import attrs
from attrs import validators


@attrs.frozen
class PoolSettings:
    """What the personal pool can be told. In ``~/.htmaprc`` the names are in capitals, in a table ``[POOL]``."""

    autostart: bool = attrs.field(
        default=True, metadata={"meaning": "start an installed pool when a map needs one and no other pool is there"}
    )
    idle_shutdown: int = attrs.field(
        default=1800,
        validator=validators.ge(0),
        metadata={"meaning": "seconds after which a pool with nothing to do stops; 0 for never"},
    )
    cpus: Optional[int] = attrs.field(
        default=None,
        validator=validators.optional(validators.ge(1)),
        metadata={
            "meaning": "how many processors to offer, more than the machine has if you like",
            "default": "all of the machine's",
        },
    )
    memory: Optional[int] = attrs.field(
        default=None,
        validator=validators.optional(validators.ge(128)),
        metadata={"meaning": "how much memory to offer, in MB", "default": "all of the machine's"},
    )
    prefix: Optional[Path] = attrs.field(
        default=None,
        metadata={
            "meaning": "the folder of an unpacked HTCondor, which holds `sbin` or `usr/sbin`; it is used instead of any other"
        },
    )
    start_timeout: int = attrs.field(
        default=60, validator=validators.ge(1), metadata={"meaning": "seconds that the daemons may take to come up"}
    )
