"""The settings table POOL."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import attrs
from attrs import validators


@attrs.frozen
class PoolSettings:
    """The settings of the personal pool. In ``~/.htmaprc`` their names are in capitals, in a table ``[POOL]``."""

    autostart: bool = attrs.field(
        default=True, metadata={"meaning": "start an installed pool when a map needs one and there is no other pool"}
    )
    idle_shutdown: int = attrs.field(
        default=1800,
        validator=validators.ge(0),
        metadata={"meaning": "the seconds after which an idle pool stops; 0 for never"},
    )
    cpus: Optional[int] = attrs.field(
        default=None,
        validator=validators.optional(validators.ge(1)),
        metadata={
            "meaning": "how many processors to offer; can be more than the machine has",
            "default": "all of the machine's",
        },
    )
    memory: Optional[int] = attrs.field(
        default=None,
        validator=validators.optional(validators.ge(128)),
        metadata={"meaning": "how much memory to offer, in MB", "default": "all of the machine's"},
    )
    enforce_memory: bool = attrs.field(
        default=False,
        metadata={"meaning": "hold jobs that use more memory than their slot has, as large pools do"},
    )
    prefix: Optional[Path] = attrs.field(
        default=None,
        metadata={
            "meaning": "the folder of an unpacked HTCondor, which has `sbin` or `usr/sbin`; it is used instead of any other"
        },
    )
    start_timeout: int = attrs.field(
        default=60, validator=validators.ge(1), metadata={"meaning": "the seconds that the daemons may take to start"}
    )
