"""Everything that HTMap raises, in one tree under :class:`HTMapException`.

An exception is an attrs class: its fields are the facts, and its text, which it makes of them, says what happened, what the
alternatives are, and what to type next. The classes have no slots, because some have several base classes, and they are not
frozen, because Python itself writes into an exception on its way. Those that others are derived from, and that nothing raises,
are plain: a plugin's own exceptions may be made in any way.

A few exceptions live with what raises them; all can be had from :mod:`htmap.exceptions`. This package imports nothing of the
core but its wording.
"""

from htmap_core.exceptions.components import (
    ComponentFailed,
    ComponentNotFound,
    ComponentProblem,
    ExpectedError,
    InvalidOutputStatus,
    MapComponentError,
    MapComponentHeld,
    MapComponentRemoved,
    OutputNotFound,
    TimeoutError,
)
from htmap_core.exceptions.condor import (
    CondorError,
    CondorRefused,
    InsufficientHTCondorVersion,
    NoBindings,
    PoolConfigurationGone,
    PoolIsSilent,
    PoolNotFound,
    PoolUnavailable,
)
from htmap_core.exceptions.creation import (
    CannotPickle,
    CannotTransfer,
    EmptyMap,
    InvalidOption,
    MisalignedInputData,
    NoMapYet,
    ReservedOptionKeyword,
    SubmitConflict,
)
from htmap_core.exceptions.maps import (
    BusyMap,
    CannotRerunComponents,
    CorruptEventLog,
    CorruptMap,
    MapWasRemoved,
)
from htmap_core.exceptions.plugins import (
    CannotTransplantPython,
    NoSuitableDeliveryMethod,
    PluginError,
    UnknownPythonDeliveryMethod,
)
from htmap_core.exceptions.roots import (
    HTMapException,
    UnknownName,
)
from htmap_core.exceptions.settings import (
    InvalidSetting,
    InvalidSettingsFile,
    MissingSetting,
    UnknownSetting,
)
from htmap_core.exceptions.tags import (
    CannotRetagMap,
    InvalidTag,
    MapIdNotFound,
    TagAlreadyExists,
    TagNotFound,
)

__all__ = [
    "BusyMap",
    "CannotPickle",
    "CannotRerunComponents",
    "CannotRetagMap",
    "CannotTransfer",
    "CannotTransplantPython",
    "ComponentFailed",
    "ComponentNotFound",
    "ComponentProblem",
    "CondorError",
    "CondorRefused",
    "CorruptEventLog",
    "CorruptMap",
    "EmptyMap",
    "ExpectedError",
    "HTMapException",
    "InsufficientHTCondorVersion",
    "InvalidOption",
    "InvalidOutputStatus",
    "InvalidSetting",
    "InvalidSettingsFile",
    "InvalidTag",
    "MapComponentError",
    "MapComponentHeld",
    "MapComponentRemoved",
    "MapIdNotFound",
    "MapWasRemoved",
    "MisalignedInputData",
    "MissingSetting",
    "NoBindings",
    "NoMapYet",
    "NoSuitableDeliveryMethod",
    "OutputNotFound",
    "PluginError",
    "PoolConfigurationGone",
    "PoolIsSilent",
    "PoolNotFound",
    "PoolUnavailable",
    "ReservedOptionKeyword",
    "SubmitConflict",
    "TagAlreadyExists",
    "TagNotFound",
    "TimeoutError",
    "UnknownName",
    "UnknownPythonDeliveryMethod",
    "UnknownSetting",
]
