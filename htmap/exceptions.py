"""All exceptions and warnings of HTMap; a plugin's own are in its package.

Since 0.7::

    try:
        htmap.load("tide")
    except htmap.exceptions.TagNotFound as error:
        print(error)
"""

from __future__ import annotations

from htmap_core.condor.job_ads import JobNotFound
from htmap_core.contract.transfer_path import IsRemote
from htmap_core.exceptions import (
    BusyMap,
    CannotPickle,
    CannotRerunComponents,
    CannotRetagMap,
    CannotTransfer,
    CannotTransplantPython,
    ComponentFailed,
    ComponentNotFound,
    ComponentProblem,
    CondorError,
    CondorRefused,
    CorruptEventLog,
    CorruptMap,
    EmptyMap,
    ExpectedError,
    HTMapException,
    InsufficientHTCondorVersion,
    InvalidOption,
    InvalidOutputStatus,
    InvalidSetting,
    InvalidSettingsFile,
    InvalidTag,
    MapComponentError,
    MapComponentHeld,
    MapComponentRemoved,
    MapIdNotFound,
    MapWasRemoved,
    MisalignedInputData,
    MissingSetting,
    NoBindings,
    NoMapYet,
    NoSuitableDeliveryMethod,
    OutputNotFound,
    PluginError,
    PoolConfigurationGone,
    PoolIsSilent,
    PoolNotFound,
    PoolUnavailable,
    ReservedOptionKeyword,
    SubmitConflict,
    TagAlreadyExists,
    TagNotFound,
    TimeoutError,  # noqa: A004 -- the name that users of HTMap know
    UnknownName,
    UnknownPythonDeliveryMethod,
    UnknownSetting,
)
from htmap_core.results.following import CannotFollow
from htmap_core.results.pickling import CannotUnpickle
from htmap_core.storage.exceptions import CannotRemoveMap, CannotStore
from htmap_core.submission.files.staging import SameName
from htmap_core.user_warnings import (
    DamagedMap,
    HTMapWarning,
    NoSlotFits,
    NoSlotTransfers,
    NotRemoved,
    OriginalInstalled,
    OtherPool,
    SameDestination,
    SilentPool,
    SuspiciousMap,
    TooLargeInputFiles,
    UnknownWhetherSlotsTransfer,
    UnreadableInputFiles,
    UnsuitableDeliveryMethod,
)

__all__ = [
    "BusyMap",
    "CannotFollow",
    "CannotPickle",
    "CannotRemoveMap",
    "CannotRerunComponents",
    "CannotRetagMap",
    "CannotStore",
    "CannotTransfer",
    "CannotTransplantPython",
    "CannotUnpickle",
    "ComponentFailed",
    "ComponentNotFound",
    "ComponentProblem",
    "CondorError",
    "CondorRefused",
    "CorruptEventLog",
    "CorruptMap",
    "DamagedMap",
    "EmptyMap",
    "ExpectedError",
    "HTMapException",
    "HTMapWarning",
    "InsufficientHTCondorVersion",
    "InvalidOption",
    "InvalidOutputStatus",
    "InvalidSetting",
    "InvalidSettingsFile",
    "InvalidTag",
    "IsRemote",
    "JobNotFound",
    "MapComponentError",
    "MapComponentHeld",
    "MapComponentRemoved",
    "MapIdNotFound",
    "MapWasRemoved",
    "MisalignedInputData",
    "MissingSetting",
    "NoBindings",
    "NoMapYet",
    "NoSlotFits",
    "NoSlotTransfers",
    "NoSuitableDeliveryMethod",
    "NotRemoved",
    "OriginalInstalled",
    "OtherPool",
    "OutputNotFound",
    "PluginError",
    "PoolConfigurationGone",
    "PoolIsSilent",
    "PoolNotFound",
    "PoolUnavailable",
    "ReservedOptionKeyword",
    "SameDestination",
    "SameName",
    "SilentPool",
    "SubmitConflict",
    "SuspiciousMap",
    "TagAlreadyExists",
    "TagNotFound",
    "TimeoutError",
    "TooLargeInputFiles",
    "UnknownName",
    "UnknownPythonDeliveryMethod",
    "UnknownSetting",
    "UnknownWhetherSlotsTransfer",
    "UnreadableInputFiles",
    "UnsuitableDeliveryMethod",
]


def __dir__() -> list[str]:
    """Return the names of the exceptions and warnings, and nothing else."""
    return __all__
