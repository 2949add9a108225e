"""HTMap's warnings. They point to a line of the user's program, never to a line of HTMap.

Each kind is an attrs class like the exceptions: its fields are the facts. Users can silence each class, and find all of them in
:mod:`htmap.exceptions`.

Imports ``wording`` of the core and ``htmap_run``, and nothing else.
"""

from htmap_core.user_warnings.delivery import (
    DeliveryForModules,
    LackingModules,
    OtherDeliveryMethod,
    UnsuitableDeliveryMethod,
)
from htmap_core.user_warnings.files import (
    DoubtfulInputFiles,
    LateJobsAreSignedNow,
    NoSlotTransfers,
    SameDestination,
    SignedUrlsEnd,
    TooLargeInputFiles,
    UnknownWhetherSlotsTransfer,
    UnreadableInputFiles,
)
from htmap_core.user_warnings.installation import (
    FilesMissing,
    OriginalInstalled,
    PluginIsOff,
    UnknownEnvironmentVariable,
    UnknownSharedSetting,
)
from htmap_core.user_warnings.maps import (
    DamagedMap,
    EndedAlready,
    ForeignClass,
    LaterJobsUnchanged,
    NewerMap,
    NoJobsYet,
    NoQueue,
    NotRemoved,
    OthersConcerned,
    OutOfReach,
    RequestsDiffer,
    UnprovenOption,
)
from htmap_core.user_warnings.mistakes import (
    FilesNotHandedOver,
    InputsInParts,
    LargeArguments,
    LargeFunction,
    ManyJobs,
    MappedMethod,
    TooLittleMemory,
    UnsentModules,
)
from htmap_core.user_warnings.pools import (
    DeliveryFitsNoSlot,
    NoSlotFits,
    OtherPool,
    SilentPool,
)
from htmap_core.user_warnings.resuming import (
    LeftAsTheyAre,
    OtherOptions,
    OtherPlace,
    RunsEachTime,
)
from htmap_core.user_warnings.roots import (
    HTMapWarning,
    Line,
    SuspiciousMap,
    calling_line,
    gathered,
    issued_for,
    warn,
)

__all__ = [
    "DamagedMap",
    "DeliveryFitsNoSlot",
    "DeliveryForModules",
    "DoubtfulInputFiles",
    "EndedAlready",
    "FilesMissing",
    "FilesNotHandedOver",
    "ForeignClass",
    "HTMapWarning",
    "InputsInParts",
    "LackingModules",
    "LargeArguments",
    "LargeFunction",
    "LateJobsAreSignedNow",
    "LaterJobsUnchanged",
    "LeftAsTheyAre",
    "Line",
    "ManyJobs",
    "MappedMethod",
    "NewerMap",
    "NoJobsYet",
    "NoQueue",
    "NoSlotFits",
    "NoSlotTransfers",
    "NotRemoved",
    "OriginalInstalled",
    "OtherDeliveryMethod",
    "OtherOptions",
    "OtherPlace",
    "OtherPool",
    "OthersConcerned",
    "OutOfReach",
    "PluginIsOff",
    "RequestsDiffer",
    "RunsEachTime",
    "SameDestination",
    "SignedUrlsEnd",
    "SilentPool",
    "SuspiciousMap",
    "TooLargeInputFiles",
    "TooLittleMemory",
    "UnknownEnvironmentVariable",
    "UnknownSharedSetting",
    "UnknownWhetherSlotsTransfer",
    "UnprovenOption",
    "UnreadableInputFiles",
    "UnsentModules",
    "UnsuitableDeliveryMethod",
    "calling_line",
    "gathered",
    "issued_for",
    "warn",
]
