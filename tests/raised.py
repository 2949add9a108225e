"""All exceptions and warnings of the core and of the plugins, with an example of each.

What runs on the execute node (``htmap_run``) has the standard library only; its exceptions end there, and are not among these.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from htmap_core.language.added_requirements import about_architecture

ROOT = Path(__file__).parents[1]
CORE = "htmap_core"
PACKAGES = [CORE, *sorted(path.name.replace("-", "_") for path in ROOT.glob("plugins/htmap-*"))]


def defined_in(package: str) -> list[type[BaseException]]:
    """Return the exceptions and warnings that the modules of a package define, sorted by name."""
    found = [each for name in modules(package) for each in vars(importlib.import_module(name)).values()]
    ours = {each for each in found if is_raised(each) and f"{each.__module__}.".startswith(f"{package}.")}
    return sorted(ours, key=lambda cls: cls.__name__)


def modules(package: str) -> Iterator[str]:
    """Yield the names of a package's modules."""
    yield package
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if not module.name.endswith("__main__"):
            yield module.name


def is_raised(found: object) -> bool:
    """Return whether something is a class of exceptions or warnings."""
    return isinstance(found, type) and issubclass(found, BaseException)


ALL = {package: defined_in(package) for package in PACKAGES}
CLASSES = [cls for classes in ALL.values() for cls in classes]

# Facts for the fields of this name, where a class has no others.
FACTS: dict[str, Any] = {
    "act": "hold",
    "attribute": "RequestMemory",
    "cluster": 17,
    "limit": 1000,
    "parameter": "MAX_JOBS_PER_OWNER",
    "room": 3,
    "rule": "",
    "advice": "Read the manual",
    "added": 0,
    "asked": "open()",
    "build": "apptainer build tide.sif docker://tide:1",
    "by": "build_map",
    "by_name": (),
    "calls": 1000,
    "destination": "/eos/user/a/ada/tide.csv",
    "distinct": 30_000_000,
    "files": ("sea.csv",),
    "instead": "a list",
    "is_trial": False,
    "function": "tide",
    "keywords": ("wind",),
    "owner": "eve",
    "parameters": ("hour", "place"),
    "parts": {},
    "places": {"shores": "/home/ada/shores"},
    "positional": 1,
    "request_memory": "128MB",
    "takes": "jobs that `condor_submit -spool` sends",
    "total": 30_000_000_000,
    "author": "plugin 'docker'",
    "before": "docker",
    "bytes": 3_000_000,
    "chosen": "personal",
    "code": 26,
    "command": "kinit",
    "component": 3,
    "components": 4,
    "count": 7,
    "daemon": "STARTD",
    "default": "python:3.12",
    "detail": "it was (3), and is (4) now",
    "demands": {"HasDocker": 0},
    "difference": None,
    "end": 1795898990.0,
    "error": "ZeroDivisionError: division by zero, in tide, study.py line 3",
    "directory": Path("/run/user/1000/pool"),
    "distribution": "htmap-shared",
    "doubts": {"/home/ada/sea.nc": "it has more than 1 GB; keep such files in /staging"},
    "event": "005 of job 18.3",
    "evidence": "MasterLog: it rains",
    "failed": (3, 7),
    "file": "tide.csv",
    "first": "sea/tide.csv",
    "first_by": "the map's options",
    "are_folders": False,
    "copied": 0,
    "names": {"picture.txt": (0, 1)},
    "paths": ("3/picture.txt",),
    "folder": Path("/eos/user/a/ada/maps"),
    "exceeded": {"memory": ("128.0 MB", "425.0 MB")},
    "found": "23.0.1",
    "given": 10,
    "hash": "4d5e",
    "here": "3.12",
    "id": "4d5e",
    "held": (20,),
    "is_here": True,
    "headline": "ValueError: the sea is not there, in tide, study.py line 3",
    "hint": None,
    "executor": "tide",
    "host": "shore",
    "image": "tide.sif",
    "inputs": None,
    "is_imported": False,
    "is_input": False,
    "jobs": 2_000,
    "kind": "removing",
    "known": ("docker", "shared"),
    "looked_in": ("~/.htmap/pool", "PATH"),
    "meant": "chunksize",
    "method": "shared",
    "module": "lxbatch/spool",
    "modules": ["numpy", "scipy"],
    "name": "dokcer",
    "named": "CONDOR_CONFIG",
    "nearest": "HTMAP_DELIVERY_METHOD",
    "needed": "24.0",
    "needs": 4,
    "old": "ebb",
    "option": "request_memory",
    "package": "tide",
    "options": {"request_memory": "512MB"},
    "mode": 0o777,
    "option_length": 3,
    "origin": "DELIVERY_METHOD in ~/.htmaprc",
    "replaced_by": "plugin 'docker'",
    "others": (0, 1),
    "path": Path("/home/ada/.htmap/tide"),
    "pid": 4711,
    "pids": (17, 18),
    "plugin": "shared",
    "pool": "machine",
    "prefix": Path("/usr"),
    "problem": "it rains",
    "problems": {"sea.txt": "No such file or directory"},
    "program": "condor_master",
    "reads": 3,
    "reason": "it rains",
    "not_installed": {"shared": "all slots are on this machine"},
    "switched_off": {},
    "reasons": {"docker": "no slot has it", "shared": "no slot shares files"},
    "report": "ValueError: the sea is not there",
    "raised": "Traceback (most recent call last):\nValueError: the sea is not there",
    "removed": (),
    "remedy": "name an image that has them in DOCKER.IMAGE",
    "request_disk": "2MB",
    "requests": {"request_memory": "64GB"},
    "outcome": "Nothing was changed",
    "root": Path("/home/ada/.htmap/pool"),
    "said": "it rains",
    "schedd": "ap1.example.org",
    "scheme": "osdf",
    "second": "land/tide.csv",
    "second_by": "plugin 'shared'",
    "seconds": 60.0,
    "setting": "OSPOOL.PROJECT",
    "short_report": "ValueError: the sea is not there, in short",
    "site": ("plugin 'cern' says: CERN removes a job that is held for more than 24 hours",),
    "slots": 214,
    "source": "/home/ada/tide",
    "status": "IDLE",
    "subcode": 5,
    "systems": ("CentOS7", "Ubuntu18"),
    "tag": "tide",
    "tags": ("ebb", "flow"),
    "place": Path("/home/ada/.htmap"),
    "tried": ("machine: no configuration", "personal: not installed"),
    "unused": {},
    "use": "HTMAP_DIR",
    "url": "gopher://sea/tide.csv",
    "usual": {"request_memory": "40GB"},
    "value": "much",
    "variable": "HTMAP_DELIVERY_METHD",
    "version": "0.9.0",
    "wanted": 108_000,
    "where": "args[0]['file']",
    "whence": "from its registry",
    "is_installed": False,
    "platform": "linux",
    "tarball": "condor.tar.gz",
    "what": "the function 'tide'",
}

# Facts of classes for which those of above make no sense; several where the text has several forms.
OTHER_FACTS: dict[str, list[dict[str, Any]]] = {
    "BelongsToOther": [{"mode": 0o755}, {"owner": "nobody", "path": Path("/home/ada/.htmap")}],
    "CannotStore": [{}, {"reason": "File exists"}],
    "ExecutorInUse": [{}, {"host": "", "pid": None}],
    "ExecutorKeepsTag": [{}, {"host": "", "pid": None}],
    "FunctionIsLazy": [
        {"function": "tides", "kind": "generator"},
        {"function": "tides", "kind": "coroutine"},
        {"function": "tides", "kind": "asynchronous generator"},
    ],
    "FilesNotHandedOver": [
        {"tag": "tide", "component": 0, "files": ("sea.png",)},
        {"tag": "tide", "component": 2, "files": ("a.csv", "plots")},
    ],
    "InputsInParts": [
        {"kind": "str", "parts": "character", "count": 7, "instead": "a list of texts, such as ['sea.csv']"},
    ],
    "FilesInTheWay": [
        {"paths": ("3/picture.txt",), "are_folders": False},
        {"paths": tuple(f"{number}/picture.txt" for number in range(7)), "are_folders": False},
        {"paths": ("3/picture.txt",), "are_folders": True},
    ],
    "UnusableFolder": [{}, {"copied": 3}],
    "SameFileNames": [{"names": {"picture.txt": (0, 1, 1, 2, 5), "tide.csv": (3, 3)}}],
    "CannotMap": [{"given": 10, "needed": "inputs"}, {"given": range(3), "needed": "a function"}],
    "OtherPython": [{"wanted": "3.11"}],
    "TooOldNodes": [{"needed": "2.28"}],
    "CannotMove": [{}, {"advice": ""}],
    "CannotRerunComponents": [{"components": (1, 2)}, {"components": tuple(range(20))}],
    "ComponentsNotFound": [{"component": 7, "count": 7, "components": (7, 9)}],
    "CannotStart": [{}, {"evidence": "", "advice": ""}],
    "CannotUnpickle": [{}, {"is_input": True}],
    "CorruptEventLog": [{}, {"event": "not an event", "reason": ""}],
    "ForeignClass": [
        {"name": "__main__.Tide"},
        {"name": "__main__.Tide", "difference": "fields: height when it was pickled, height, place now"},
    ],
    "HeldWithoutOutput": [{}, {"advice": "", "site": ()}],
    "InstallationFailed": [{"tried": (("Debian packages", "no network"),)}],
    "InstalledAlready": [{"tarball": "condor.tar.gz", "version": "25.14.1", "origin": "`htmap pool install`"}],
    "InvalidOption": [{"name": "request_memory"}, {"name": "request_memory", "origin": None}],
    "InvalidSetting": [{"name": "WAIT_TIME"}],
    "JobNotFound": [{"status": "COMPLETED"}, {"status": "UNMATERIALIZED"}],
    "MadeByNewerHTMap": [{}, {"version": ""}],
    "LeftAsTheyAre": [
        {},
        {"failed": (3,), "held": (4,), "removed": (5,)},
        {"failed": (), "held": (4, 5), "removed": (6, 7)},
    ],
    "MapDiffers": [
        {"what": "function", "detail": "- return 2 * x\n+ return 3 * x", "component": None, "components": 10},
        {"what": "inputs", "count": 2, "components": 10},
        {"what": "order", "count": 2, "components": 10},
        {"what": "fewer", "detail": "", "component": None, "count": 7, "components": 10},
        {"what": "executor", "detail": "", "component": None, "components": 10},
    ],
    "MisalignedInputData": [{}, {"option_length": None, "inputs": 2}, {"option_length": 1, "inputs": 2}],
    "MissingSetting": [
        {"name": "WAIT_TIEM", "known": ("WAIT_TIME",), "origin": None},
        {
            "name": "DOCKER.IMAGE",
            "known": ("WAIT_TIME",),
            "origin": None,
            "hint": "the table DOCKER comes with its own package",
        },
    ],
    "NoResult": [{"status": "ERRORED"}],
    "NoOutputLeft": [
        {"what": "output files", "status": status, "reason": reason}
        for status, reason in [
            ("IDLE", ""),
            ("RUNNING", ""),
            ("SUSPENDED", ""),
            ("COMPLETED", ""),
            ("ERRORED", "killed by signal 9"),
            ("REMOVED", "via condor_rm"),
        ]
    ],
    "LaterJobsUnchanged": [{"value": 2048}],
    "CannotTransfer": [{"replaced_by": None}, {}],
    "EndedAlready": [{"components": ()}, {"components": (3,)}, {"components": (3, 7, 8)}],
    "OutOfReach": [{"act": "vacate", "components": (7,)}, {"act": "hold", "components": (7, 8, 9)}],
    "NoJobsYet": [{"act": "hold", "components": (7,)}, {"act": "edit", "components": (7, 8, 9)}],
    "OthersConcerned": [
        {"act": act, "components": components, "others": others}
        for act, components, others in [
            ("hold", (3,), (0, 1, 2, 4)),
            ("vacate", (3, 7), (4,)),
            ("release", (3,), (4, 5)),
            ("pause", (3,), (4, 5)),
            ("resume", (3,), (4, 5)),
            ("edit", (3,), (4, 5)),
        ]
    ],
    "NamedPoolNotFound": [
        {
            "named": "HTCONDOR.SCHEDULER = 'x' (from ~/.htmaprc)",
            "tried": ("machine: the schedd 'x' does not answer",),
        }
    ],
    "NoBindings": [{}, {"is_installed": True}, {"platform": "darwin"}],
    "NotOnThisSystem": [{"platform": "darwin"}],
    "NoSlotFits": [
        {"advice": ""},
        {"demands": {"HasDocker": 3, "request_memory = 2GB": 5}, "advice": ""},
        {
            "demands": {'Arch == "X86_64" (which HTCondor adds)': 0},
            "advice": about_architecture({"aarch64": 214}),
        },
    ],
    "NoSuchLog": [{"known": ("MasterLog", "StartLog")}, {"known": ()}],
    "NoSuitableDeliveryMethod": [
        {},
        {"not_installed": {}},
        {"reasons": {}},
        {"reasons": {}, "not_installed": {}},
        {"reasons": {}, "not_installed": {}, "switched_off": {"shared": "is disabled by HTMAP_PLUGINS"}},
        {"not_installed": {"singularity": "7 of 9 slots have Apptainer", "assume": "if the nodes have Python 3.11"}},
    ],
    "DeliveryForModules": [{}, {"remedy": ""}],
    "ArgumentsDoNotFit": [
        {"by": "map", "positional": 1, "keywords": (), "reason": "'place' is missing"},
        {"by": "map", "positional": 1, "keywords": (), "reason": "'place' is missing", "by_name": ("place",)},
        {
            "by": "map",
            "parameters": (),
            "positional": 1,
            "keywords": (),
            "reason": "it takes 0 positional arguments, and gets 1",
        },
        {"by": "starmap", "parameters": ("hour",), "positional": 2, "keywords": (), "reason": "it takes 1, and gets 2"},
        {"by": "build_map"},
    ],
    "DeliveryFitsNoSlot": [{"others": 12}],
    "LargeArguments": [
        {"parameter": "sea"},
        {"parameter": None, "calls": 1, "total": 30_000_000},
        {"parameter": 1, "calls": 40, "total": 1_200_000_000, "distinct": 1_200_000_000},
    ],
    "LargeFunction": [
        {"parts": {"the global variable 'sea'": 300_000_000}, "bytes": 300_000_000},
        {"parts": {}, "bytes": 6_000_000, "jobs": 1},
    ],
    "UnsentModules": [
        {},
        {"places": {"shores": "/home/ada/shores", "tides": "/home/ada/tides.py"}},
        {"is_trial": True},
    ],
    "LackingModules": [{"method": "docker"}, {"remedy": ""}],
    "NotArguments": [{"given": -1, "named": None, "component": 0}, {"given": (1,), "named": 2, "component": 3}],
    "NotOptions": [{"given": {"request_memory": "2GB"}}, {"given": "2GB"}],
    "OriginalInstalled": [{}, {"is_imported": True}],
    "OtherPlace": [{}, {"is_here": False}],
    "OtherOptions": [{}, {"options": ("request_disk", "request_memory"), "added": 5}],
    "OtherDeliveryMethod": [
        {"said": "3 of 5 slots share files", "reason": "'docker' does not suit it now: 0 of 5 slots have HasDocker"},
        {"said": "3 of 5 slots share files", "before": None, "reason": "what was written down is damaged"},
    ],
    "CannotMakePlugin": [
        {"name": "docker", "problem": "the name is taken by htmap-docker, a plugin of HTMap's own"},
    ],
    "PluginError": [{}, {"advice": ""}],
    "PluginHangs": [
        {"reason": "find gave no answer within 30 seconds, and was given up", "seconds": 30.0, "advice": ""}
    ],
    "RefusedByRule": [
        {"reason": "You have used up your quota of 1000 hours", "rule": ""},
        {"reason": "Submit requirement Small not met.", "rule": "SUBMIT_REQUIREMENT_Small = RequestMemory <= 100"},
    ],
    "TooManyJobs": [
        {"parameter": "MAX_JOBS_PER_OWNER", "limit": 1000, "room": 3},
        {"parameter": "MAX_JOBS_PER_SUBMISSION", "limit": 20000, "room": 20000},
        {"parameter": "MAX_JOBS_SUBMITTED", "limit": None, "room": 0},
    ],
    "PluginIsOff": [
        {"reason": "is broken: it rains"},
        {
            "plugin": "sahred",
            "distribution": "",
            "reason": "is broken: HTMAP_PLUGINS names it, but it is not installed",
        },
    ],
    "ImageNotOnOsdf": [{}, {"whence": "from the access point itself", "build": ""}],
    "LongJobs": [{"meant": 72_000}],
    "CannotSendToEos": [{"url": "root://eosuser.cern.ch//eos/user/a/ada/tide.csv"}, {"url": None}],
    "CannotBuild": [{"wanted": "numpy"}],
    "NoSuchFile": [{"setting": "PACKAGES.FILE"}],
    "PoolUnavailable": [{}, {"advice": ""}],
    "UnfitTarball": [{"tarball": "condor.tar.gz"}],
    "RequiredPluginError": [
        {"reason": "is broken: it rains", "origin": "~/.htmaprc"},
        {"distribution": "", "reason": "is not installed", "origin": "environment variable HTMAP_PLUGINS_REQUIRED"},
    ],
    "ReservedOptionKeyword": [{"name": "log"}],
    "RunsEachTime": [{"kind": "TextIOWrapper", "reason": "it is an open file"}],
    "SameName": [{"name": "tide.csv"}],
    "RefusedValue": [
        {
            "said": "Parse error in expression: RequestMemory = 2 gigs",
            "name": "request_memory",
        },
    ],
    "SubmitConflict": [
        {
            "command": "universe",
            "first": "docker",
            "second": "vanilla",
        },
    ],
    "SubmittedElsewhere": [{"schedd": "jane@ap1.example.org"}],
    "TagNotFound": [
        {"name": "tied", "known": ("tide",), "origin": None},
        {"name": "wave", "known": (), "origin": None},
    ],
    "TimeoutError": [{"reason": "has no output yet"}, {"component": None, "reason": "has not ended"}],
    "InvalidShare": [{"value": 99}, {"value": 1.0000001}, {"value": 0}, {"value": True}],
    "RequestsDiffer": [
        {},
        {
            "exceeded": {"memory": ("128.0 MB", "425.0 MB"), "disk space": ("1.0 GB", "3.1 GB")},
            "unused": {"time": ("8 h", "10 min")},
            "options": {"request_memory": "512MB", "request_disk": "4700MB", "walltime": "30 min"},
        },
        {"exceeded": {}, "unused": {"memory": ("8.0 GB", "500.0 MB")}, "options": {"request_memory": "640MB"}},
    ],
    "TooFewResults": [
        {"count": 100, "needed": 99},
        {"count": 100, "needed": 80, "failed": (), "held": tuple(range(40, 64)), "headline": ""},
    ],
    "UnknownArgument": [
        {"function": "map", "name": "request_memory", "value": "2GB", "meant": None},
        {"function": "starmap", "name": "chunk_size", "value": 10, "meant": "chunksize"},
        {"function": "Executor", "name": "max_workers", "value": 4, "meant": None},
    ],
    "UnknownOption": [
        {"name": "memory", "nearest": ("request_memory",)},
        {"name": "colour", "nearest": (), "origin": None},
        {"name": "accounting_groups", "nearest": ("accounting_group", "accounting_group_user"), "origin": None},
    ],
    "UnprovenOption": [{"name": "colour", "nearest": ()}],
    "UnknownPythonDeliveryMethod": [{}, {"known": (), "hint": "`pip install htmap-docker` brings it"}],
    "UnknownEnvironmentVariable": [{}, {"nearest": None}],
    "UnknownSharedSetting": [
        {"name": "WAIT_TIEM", "origin": "line 3 of /etc/htmap/htmaprc", "nearest": "WAIT_TIME"},
        {"name": "BOATS", "origin": "line 3 of /etc/htmap/htmaprc", "nearest": None},
    ],
    "UnknownSetting": [{"name": "WAIT_TIEM", "known": ("WAIT_TIME",)}],
    "UnreadableInputFiles": [{}, {"count": 1}],
    "WritableByOthers": [{}, {"path": Path("/home/ada/.htmap"), "owner": "ada"}],
    "UnusableImage": [{}, {"origin": None}],
}


def examples(cls: type[BaseException]) -> list[BaseException]:
    """Return objects of a class, made of facts; one for each form that its text has."""
    fields = [field.name for field in attrs.fields(cls)]  # type: ignore[arg-type]  # an attrs class, as another test says
    assert {*fields} <= {*FACTS}, f"{__name__} has no example of a fact of {cls.__name__}"
    every = [{**FACTS, **facts} for facts in OTHER_FACTS.get(cls.__name__, [{}])]
    return [cls(**{name: facts[name] for name in fields}) for facts in every]


def is_family(cls: type[BaseException]) -> bool:
    """Return whether a class is there for others to be derived from it, and says nothing by itself."""
    return not attrs.has(cls) and any(cls in each.__mro__[1:] for each in CLASSES)


# Those that are raised.
RAISED = [cls for cls in CLASSES if not is_family(cls)]
