"""The settings table POOL."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import attrs
from attrs import validators


@attrs.frozen
class PoolSettings:
    """What the personal pool can be told. In ``~/.htmaprc`` the names are in capitals, in a table ``[POOL]``.

    :param autostart: start an installed pool when a map needs one and no other pool is there.
    :param idle_shutdown: seconds after which a pool with nothing to do stops; 0 for never.
    :param cpus: how many processors to offer; all of the machine's unless given, and more than it has if you like.
    :param memory: how much memory to offer, in MB; all of the machine's unless given.
    :param prefix: an HTCondor unpacked elsewhere, used instead of any other: the folder that holds ``sbin`` or ``usr/sbin``.
    :param start_timeout: seconds that the daemons may take to come up.
    """

    autostart: bool = True
    idle_shutdown: int = attrs.field(default=1800, validator=validators.ge(0))
    cpus: Optional[int] = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    memory: Optional[int] = attrs.field(default=None, validator=validators.optional(validators.ge(128)))
    prefix: Optional[Path] = None
    start_timeout: int = attrs.field(default=60, validator=validators.ge(1))
