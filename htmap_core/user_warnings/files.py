"""Warnings about input files, outputs, and how they are transferred."""

from __future__ import annotations

import attrs

from htmap_core.user_warnings.roots import HTMapWarning, SuspiciousMap
from htmap_core.wording import counted, followed, in_shell, minute


@attrs.define(slots=False)
class UnreadableInputFiles(SuspiciousMap):
    """Jobs will be held, because some input files cannot be read.

    :param problems: the reason by path, for the first few files.
    :param count: how many files cannot be read; a file counts once for each job that gets it.
    """

    problems: dict[str, str]
    count: int

    def __str__(self) -> str:
        shown = "; ".join(f"{path}: {problem}" for path, problem in self.problems.items())
        more = "; ..." if self.count > len(self.problems) else ""
        files = "an input file" if self.count == 1 else f"{self.count} input files"
        return (
            f"jobs will be held, because {files} cannot be read now: {shown}{more}. "
            f"Put what is missing there before the jobs start, or afterwards, and then `htmap release` the map"
        )


@attrs.define(slots=False)
class DoubtfulInputFiles(SuspiciousMap):
    """The site's plugin warns of input files.

    :param doubts: what it says, by path, for the first few files.
    :param count: how many files it warns of.
    """

    doubts: dict[str, str]
    count: int

    def __str__(self) -> str:
        shown = "; ".join(f"{path}: {doubt}" for path, doubt in self.doubts.items())
        more = "; ..." if self.count > len(self.doubts) else ""
        files = "an input file" if self.count == 1 else f"{self.count} input files"
        return f"the site's rules warn of {files}: {shown}{more}"


@attrs.define(slots=False)
class TooLargeInputFiles(SuspiciousMap):
    """What is sent to a job needs more disk than the job asks for: input files, arguments, the function, and HTMap's own.

    :param component: the component for which most is sent.
    :param bytes: the size of that.
    :param request_disk: the disk space that its job asks for.
    """

    component: int
    bytes: int
    request_disk: str

    def __str__(self) -> str:
        return (
            f"the input files of component {self.component}, and all else that is sent to its job, have "
            f"{self.bytes / 1e6:,.0f} MB, but request_disk is {self.request_disk}: ask for more with MapOptions(request_disk=...)"
        )


@attrs.define(slots=False)
class SameDestination(SuspiciousMap):
    """All components send a file to the same destination, and overwrite each other's.

    :param file: the name of the file in the function.
    :param components: how many components the map has.
    """

    file: str
    components: int

    def __str__(self) -> str:
        return (
            f"all {self.components} components send {self.file!r} to the same destination: "
            f"write $(component) into its destination in output_remaps"
        )


@attrs.define(slots=False)
class NoSlotTransfers(SuspiciousMap):
    """No slot of the pool can transfer files by a protocol that the map needs.

    :param scheme: the protocol's URL scheme.
    :param slots: how many slots the pool has.
    """

    scheme: str
    slots: int

    def __str__(self) -> str:
        return (
            f"0 of {self.slots} slots of the pool can transfer files by {self.scheme!r}; "
            f"the jobs will wait for a slot that can"
        )


@attrs.define(slots=False)
class UnknownWhetherSlotsTransfer(SuspiciousMap):
    """The pool did not say whether its slots can transfer files by a protocol that the map needs.

    :param scheme: the protocol's URL scheme.
    :param reason: why the pool did not say.
    """

    scheme: str
    reason: str

    def __str__(self) -> str:
        return f"HTMap cannot tell whether a slot of the pool can transfer files by {self.scheme!r}: {self.reason}"


@attrs.define(slots=False)
class LateJobsAreSignedNow(HTMapWarning):
    """The schedd makes the jobs of a map late, with URLs of outputs that are signed when the map is created.

    :param end: until when the URLs are good, in seconds since the epoch.
    """

    tag: str
    end: float

    def __str__(self) -> str:
        text = (
            f"the outputs of map {self.tag!r} go to signed URLs that are good until {minute(self.end)}, and the schedd makes its "
            f"jobs bit by bit. Those that wait in the queue get new URLs while a program waits for the map"
        )
        return followed(
            text,
            f"a job that ends too late is held; `htmap release {in_shell(self.tag)}` signs anew, and it runs again",
        )


@attrs.define(slots=False)
class SignedUrlsEnd(HTMapWarning):
    """The signed URLs of a map's outputs may end before the jobs that send to them.

    :param jobs: how many jobs.
    :param end: until when their URLs are good, in seconds since the epoch.
    :param reason: why they are not signed anew.
    """

    tag: str
    jobs: int
    end: float
    reason: str

    def __str__(self) -> str:
        jobs = counted(self.jobs, "job")
        where = f"the outputs of {jobs} of map {self.tag!r} go to signed URLs that are good until {minute(self.end)}"
        text = f"{where}, and are not signed anew: {self.reason}"
        return followed(
            text, f"a job that ends later is held; `htmap release {in_shell(self.tag)}` signs anew, and it runs again"
        )
