"""HTMap's exceptions, in one tree under :class:`HTMapException`.

An exception is an attrs class. Its fields are the facts. Its text says what happened, what the alternatives are, and what to
type next. The classes have no slots, because some have several base classes. They are not frozen, because Python itself writes
to an exception that is raised. Base classes that are never raised are plain classes: plugins may write their exceptions in any
way.

Some exceptions live beside the code that raises them; :mod:`htmap.exceptions` has them all.

Imports ``files`` and ``wording`` of the core, and nothing else.
"""

from htmap_core.exceptions.components import (
    ComponentFailed,
    ComponentNotFound,
    ComponentProblem,
    ExpectedError,
    HeldWithoutOutput,
    InvalidOutputStatus,
    MapComponentError,
    MapComponentHeld,
    MapComponentRemoved,
    NoOutputLeft,
    OutputNotFound,
    TimeoutError,
)
from htmap_core.exceptions.condor import (
    CondorError,
    CondorRefused,
    InsufficientHTCondorVersion,
    NamedPoolNotFound,
    NoBindings,
    PoolConfigurationGone,
    PoolIsSilent,
    PoolNotFound,
    PoolUnavailable,
    RefusedByRule,
    RefusedValue,
    SubmittedElsewhere,
    TooManyJobs,
    UnsafePoolConfiguration,
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
    UnknownOption,
)
from htmap_core.exceptions.maps import (
    BusyMap,
    CannotMove,
    CannotRemoveMap,
    CannotRerunComponents,
    CannotStore,
    ComponentsNotFound,
    CorruptEventLog,
    CorruptMap,
    MadeByNewerHTMap,
    MapWasRemoved,
)
from htmap_core.exceptions.ownership import (
    BelongsToOther,
    UnsafePath,
    WritableByOthers,
)
from htmap_core.exceptions.plugins import (
    CannotTransplantPython,
    NoSuitableDeliveryMethod,
    NotDecided,
    PluginError,
    PluginHangs,
    RequiredPluginError,
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
    JobsKeepTag,
    MapIdNotFound,
    TagAlreadyExists,
    TagInUse,
    TagNotFound,
)

__all__ = [
    "BelongsToOther",
    "BusyMap",
    "CannotMove",
    "CannotPickle",
    "CannotRemoveMap",
    "CannotRerunComponents",
    "CannotRetagMap",
    "CannotStore",
    "CannotTransfer",
    "CannotTransplantPython",
    "ComponentFailed",
    "ComponentNotFound",
    "ComponentProblem",
    "ComponentsNotFound",
    "CondorError",
    "CondorRefused",
    "CorruptEventLog",
    "CorruptMap",
    "EmptyMap",
    "ExpectedError",
    "HTMapException",
    "HeldWithoutOutput",
    "InsufficientHTCondorVersion",
    "InvalidOption",
    "InvalidOutputStatus",
    "InvalidSetting",
    "InvalidSettingsFile",
    "InvalidTag",
    "JobsKeepTag",
    "MadeByNewerHTMap",
    "MapComponentError",
    "MapComponentHeld",
    "MapComponentRemoved",
    "MapIdNotFound",
    "MapWasRemoved",
    "MisalignedInputData",
    "MissingSetting",
    "NamedPoolNotFound",
    "NoBindings",
    "NoMapYet",
    "NoOutputLeft",
    "NoSuitableDeliveryMethod",
    "NotDecided",
    "OutputNotFound",
    "PluginError",
    "PluginHangs",
    "PoolConfigurationGone",
    "PoolIsSilent",
    "PoolNotFound",
    "PoolUnavailable",
    "RefusedByRule",
    "RefusedValue",
    "RequiredPluginError",
    "ReservedOptionKeyword",
    "SubmitConflict",
    "SubmittedElsewhere",
    "TagAlreadyExists",
    "TagInUse",
    "TagNotFound",
    "TimeoutError",
    "TooManyJobs",
    "UnknownName",
    "UnknownOption",
    "UnknownPythonDeliveryMethod",
    "UnknownSetting",
    "UnsafePath",
    "UnsafePoolConfiguration",
    "WritableByOthers",
]
