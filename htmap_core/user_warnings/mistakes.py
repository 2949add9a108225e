"""Warnings about what is hardly meant, or costs more than it must, told when a map is created."""

from __future__ import annotations

from typing import Optional, Union

import attrs

from htmap_core.user_warnings.roots import SuspiciousMap
from htmap_core.wording import counted, size

_MEGABYTE = 1024 * 1024


@attrs.define(slots=False)
class LargeFunction(SuspiciousMap):
    """The function of a map takes much data along, to each job.

    :param function: its name.
    :param bytes: the size of its pickle.
    :param jobs: how many jobs get it.
    :param parts: the bytes of what is large in it, by what it is: a variable, a default value, the object of a method.
    """

    function: str
    bytes: int
    jobs: int
    parts: dict[str, int]

    def __str__(self) -> str:
        found = " and ".join(f"{part} ({size(count)})" for part, count in self.parts.items())
        why = f", because it takes along {found}" if found else ""
        to = f"to each of {self.jobs} jobs, {size(self.bytes * self.jobs)} in all" if self.jobs > 1 else "to its job"
        return (
            f"the function {self.function!r} has {size(self.bytes)}{why}. It is sent {to}. If the function needs a part of that, "
            "take the part out before you define it. If it needs all, write that to a file, send it by "
            'map_options=htmap.MapOptions(fixed_input_files=["data.pkl"]), and read it in the function'
        )


@attrs.define(slots=False)
class LargeArguments(SuspiciousMap):
    """The arguments of a map's calls are large.

    :param parameter: the name of the largest one, or its position; None if several are large together.
    :param component: the component whose it is.
    :param bytes: its size.
    :param calls: how many calls have large arguments.
    :param total: the bytes of those of all calls.
    :param distinct: the bytes of those that differ, which are on disk.
    :param jobs: how many jobs the map has.
    """

    parameter: Optional[Union[int, str]]
    component: int
    bytes: int
    calls: int
    total: int
    distinct: int
    jobs: int

    def __str__(self) -> str:
        which = "the arguments" if self.parameter is None else f"argument {self.parameter!r}"
        text = f"{which} of component {self.component} have {size(self.bytes)}"
        if self.parameter is not None:
            text = text.replace(" have ", " has ")
        if self.calls > 1:
            text += f"; {self.calls} components have such ones, {size(self.total)} in all"
        if self.total - self.distinct >= _MEGABYTE:
            return (
                f"{text}, of which {size(self.distinct)} differ. What is the same is on disk once, and sent once to each of "
                f"{self.jobs} jobs. A larger chunksize makes fewer jobs; what is in a file that the nodes can see, or at a URL, "
                "need not be sent by this machine: pass its path, or htmap.TransferPath(url)"
            )
        return (
            f"{text}. If these are in files already, pass the paths: htmap.TransferPath(path) sends the file, and the function "
            "gets its path there; what is at a URL need not be sent by this machine at all"
        )


@attrs.define(slots=False)
class TooLittleMemory(SuspiciousMap):
    """What is unpickled for a component needs more memory than its job asks for.

    :param component: the component with the largest need.
    :param bytes: the size of the pickles of its function and its arguments.
    :param request_memory: the memory that its job asks for.
    """

    component: int
    bytes: int
    request_memory: str

    def __str__(self) -> str:
        return (
            f"the function and the arguments of component {self.component} have {size(self.bytes)} when they are pickled, and "
            f"need at least as much memory, but request_memory is {self.request_memory}: a pool that enforces limits will hold "
            "its job. Ask for more with MapOptions(request_memory=...)"
        )


@attrs.define(slots=False)
class UnsentModules(SuspiciousMap):
    """The function of a map needs modules of the user's own that jobs will not find.

    :param places: where each is, by its name: a file, or the folder of a package.
    :param is_trial: whether the map runs on the user's machine: in the user's own process they are found.
    """

    places: dict[str, str]
    is_trial: bool = False

    def __str__(self) -> str:
        several = len(self.places) > 1
        jobs = "jobs in other processes, as in a pool," if self.is_trial else "its jobs"
        named = ", ".join(f"{name!r} ({place})" for name, place in self.places.items())
        return (
            f"the map needs {'modules' if several else 'a module'} of your own that {'are' if several else 'is'} not installed, "
            f"and that {jobs} will not find: {named}. Send {'them' if several else 'it'} along with "
            f"map_options=htmap.MapOptions(fixed_input_files={list(self.places.values())!r})"
        )


@attrs.define(slots=False)
class FilesNotHandedOver(SuspiciousMap):
    """A component has returned nothing, and has written files where it ran, which are gone. Told once for a map, after a wait.

    :param component: one that has.
    :param files: the names of some.
    """

    tag: str
    component: int
    files: tuple[str, ...]

    def __str__(self) -> str:
        several = len(self.files) > 1
        named = ", ".join(map(repr, self.files))
        return (
            f"component {self.component} of map {self.tag!r} has written {named} and returned nothing. What is written where a "
            f"component runs is deleted with its folder. Have the function call htmap.transfer_output_files({named}); then "
            f"output_files[{self.component}] of the map is the folder with {'them' if several else 'it'}"
        )


@attrs.define(slots=False)
class InputsInParts(SuspiciousMap):
    """What was given as the inputs is one thing, and each of its parts becomes an input.

    :param kind: the name of its type.
    :param parts: what they are: such as ``characters``.
    :param count: how many they are.
    :param instead: the inputs that were perhaps meant.
    """

    kind: str
    parts: str
    count: int
    instead: str

    def __str__(self) -> str:
        return (
            f"the inputs of the map are a {self.kind}, so that each of its {counted(self.count, self.parts)} is the input of a "
            f"component. If something else is meant, give {self.instead}"
        )


@attrs.define(slots=False)
class MappedMethod(SuspiciousMap):
    """A method that is decorated with ``mapped`` is mapped, with the object that it belongs to.

    :param function: the name of the method.
    :param owner: the class of the object.
    """

    function: str
    owner: str

    def __str__(self) -> str:
        return (
            f"{self.function!r} is a method, so each job gets the {self.owner} that it belongs to, as that is now; what "
            f"components change in it stays where they run. Map a function that takes what it needs as arguments; or, if this is "
            f"meant, leave out @htmap.mapped and map the method of the object with htmap.map"
        )


@attrs.define(slots=False)
class ManyJobs(SuspiciousMap):
    """A map has many more jobs than can run at a time, because its user wants one for each component.

    :param jobs: how many jobs it has.
    :param slots: how many can run at a time.
    """

    jobs: int
    slots: int

    def __str__(self) -> str:
        return (
            f"the map has {self.jobs} jobs, because chunksize is 1, and about {self.slots} can run at a time. Each takes about a "
            "second to start. If a call takes less than a minute, leave out chunksize, and HTMap chooses how many components "
            "share a job; if it takes longer, say so with MapOptions(expected_runtime=...)"
        )
