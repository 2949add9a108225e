"""HTCondor's codes of holds: what each means, whether a release helps, and what to do.

The codes and their names are those of HTCondor 25's ``CONDOR_HOLD_CODE``, which its libraries contain; a test compares. The
subcode of a hold says more where HTCondor or HTMap defines it; else it is an error number, or an administrator's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Optional

import attrs


class Release(Enum):
    """Whether a release lets the component go on."""

    HELPS = "yes"
    AFTER = "after the cause is put right"
    NEVER = "no"


@attrs.frozen
class HoldCode:
    """What a hold of one code means, or of one subcode of it.

    :param code: HTCondor's ``HoldReasonCode``.
    :param name: HTCondor's name of it, as in ``NumHoldsByReason``.
    :param meaning: what has happened.
    :param release: whether a release alone helps.
    :param advice: what to do, with ``{tag}`` for the map.
    :param subcode: HTCondor's ``HoldReasonSubCode``; None for all that are not in the table.
    """

    code: int
    name: str
    meaning: str
    release: Release
    advice: str
    subcode: Optional[int] = None


_MEND = "Put that right, then `htmap release {tag}`"
_AGAIN = "`htmap release {tag}` tries again"
_GO_ON = "`htmap release {tag}` lets it go on"
_NEW = "a release repeats it: make a map with other options"
_ASK = "It is a matter for the administrators: show them the reason. Later, `htmap release {tag}`"
_NOT_OURS = "HTMap makes no such jobs: options or a transform of the schedd have changed this one"
_MORE = "`htmap edit {what} {{tag}} {unit}`, then `htmap release {{tag}}`"
_MORE_MEMORY = (
    _MORE.format(what="memory", unit="MB")
    + "; in a new map, steps such as request_memory='2GB, 4GB' do that by themselves"
)
_MORE_DISK = _MORE.format(what="disk", unit="GB")

JOB_POLICY = 3  # HTCondor's JobPolicy, which HTMap's own policies are, too; these are their subcodes
COULD_NOT_FINISH, CONTAINER_FAILED, NEVER_BEGAN, TAKEN_AWAY = 7101, 7102, 7103, 7104
NO_IMAGE = 35  # HTCondor's InvalidDockerImage
NOT_SAVED = 36  # HTCondor's FailedToCheckpoint
OF_RESOURCES = {21, 34}  # StartdHeldJob and JobOutOfResources, which have these subcodes
CPUS, MEMORY, DURATION, DISK = 101, 102, 103, 104  # HTCondor's subcodes for resources


def _each(codes: Iterable[tuple[int, str]], meaning: str, release: Release, advice: str) -> Iterable[HoldCode]:
    return [HoldCode(code, name, meaning, release, advice) for code, name in codes]


_H, _A, _N = Release.HELPS, Release.AFTER, Release.NEVER

# fmt: off
HOLD_CODES = (
    HoldCode(0, "Unspecified", "HTCondor gives no code; its own words are all that is known", _A, _MEND),
    HoldCode(1, "UserRequest", "you, or an administrator, held it by a command", _H, _GO_ON),
    HoldCode(2, "GlobusGramError", "an error of Globus, in the grid universe", _N, _NOT_OURS),
    HoldCode(3, "JobPolicy",
        "a policy of the map itself: its option periodic_hold or on_exit_hold was true", _A,
        "The same policy may hold it again. `htmap stderr {tag} N` may tell more. " + _MEND),
    HoldCode(3, "JobPolicy",
        "the job could not finish, in as many attempts as max_retries allows; the reason has its exit code or signal", _A,
        "`htmap stderr {tag} N` may tell more. " + _MEND, COULD_NOT_FINISH),
    HoldCode(3, "JobPolicy",
        "its container could not be started", _A,
        "Is the image right, and can the execute node reach it? If so, " + _AGAIN + ", perhaps elsewhere",
        CONTAINER_FAILED),
    HoldCode(3, "JobPolicy",
        "HTCondor tried to start it again and again, and it never began to run", _A,
        _AGAIN + " as often; if that is in vain, show the reason to the administrators", NEVER_BEGAN),
    HoldCode(3, "JobPolicy",
        "HTCondor started it again and again, and took it away at once", _A,
        _AGAIN + " as often; if that is in vain, show the reason to the administrators", TAKEN_AWAY),
    HoldCode(4, "CorruptedCredential",
        "the credentials of the job are invalid, or are over", _A,
        "Get new ones, then `htmap release {tag}`"),
    HoldCode(5, "JobPolicyUndefined",
        "an option such as periodic_hold names an attribute that the job does not have", _N,
        "Correct the expression: " + _NEW),
    HoldCode(6, "FailedToCreateProcess",
        "the execute node could not start the program; the subcode is the error number", _A,
        "The node may lack `sh` or the container's runtime, or be broken: " + _AGAIN + ", perhaps elsewhere"),
    *_each(
        [(7, "UnableToOpenOutput"), (9, "UnableToOpenOutputStream")],
        "the file of its standard output or error could not be opened; the subcode is the error number",
        _A,
        "Can the map's directory be written, and is there space (`htmap path {tag}`)? " + _MEND,
    ),
    *_each(
        [(8, "UnableToOpenInput"), (10, "UnableToOpenInputStream")],
        "the file of its standard input could not be opened; the subcode is the error number",
        _A,
        "Does the file of the option `input` exist? " + _MEND,
    ),
    *_each(
        [(11, "InvalidTransferAck"), (18, "InvalidTransferGoAhead")],
        "the two sides of a file transfer did not understand each other",
        _H,
        _AGAIN + "; if that is in vain, show the reason to the administrators",
    ),
    HoldCode(12, "TransferOutputError",
        "its files could not be sent back, or not be stored; the subcode is the error number, or 256 times a plugin's exit code",
        _A,
        "What it should send back is not there or cannot be stored. " + _MEND),
    HoldCode(13, "TransferInputError",
        "its files could not be sent to it; the subcode is the error number, or 256 times a plugin's exit code", _A,
        "What it needs could not be sent. " + _MEND),
    HoldCode(14, "IwdError",
        "the schedd's machine cannot get into the map's directory; the subcode is the error number", _A,
        "Is the file system there, and may HTCondor read `htmap path {tag}`? " + _MEND),
    HoldCode(15, "SubmittedOnHold", "the option `hold` says so", _H, _GO_ON),
    HoldCode(16, "SpoolingInput", "its files are being sent to the schedd", _N, "Wait until that is over"),
    HoldCode(17, "JobShadowMismatch", "it is of HTCondor's former standard universe", _N, _NOT_OURS),
    HoldCode(19, "HookPrepareJobFailure",
        "the execute node's own preparation of jobs failed; the subcode is its exit code, or minus its signal", _A,
        "The node may be broken: " + _AGAIN + ", perhaps elsewhere; if that is in vain, ask the administrators"),
    HoldCode(20, "MissedDeferredExecutionTime",
        "it could not start at the time that the option deferral_time or cron_... names", _N,
        "Name a later time, or a longer deferral_window: " + _NEW),
    HoldCode(21, "StartdHeldJob",
        "the execute node's policy (WANT_HOLD) does not want it there; the subcode is the site's", _A,
        "The reason has the site's words, and a release alone may bring the same hold. " + _MEND),
    HoldCode(21, "StartdHeldJob",
        "it used more processors than it requested, which the execute node does not allow", _A,
        "Ask for as many as it uses (option request_cpus), or have it use fewer threads: " + _NEW, CPUS),
    HoldCode(21, "StartdHeldJob",
        "it used more memory than it requested, which the execute node does not allow", _A,
        _MORE_MEMORY, MEMORY),
    HoldCode(21, "StartdHeldJob",
        "it ran longer than the execute node allows", _N,
        "Make smaller components, or checkpoint, in a map of its own; a release begins from the last checkpoint", DURATION),
    HoldCode(21, "StartdHeldJob",
        "it used more disk space than it requested, which the execute node does not allow", _A,
        _MORE_DISK, DISK),
    HoldCode(22, "UnableToInitUserLog",
        "HTCondor cannot write the map's event log", _A,
        "Can `htmap path {tag}:events` be written, and is there space? " + _MEND),
    HoldCode(23, "FailedToAccessUserAccount",
        "the schedd's machine does not know your account, or may not act for it", _A,
        _ASK),
    HoldCode(24, "NoCompatibleShadow", "the access point lacks a program for such jobs", _A, _ASK),
    HoldCode(25, "InvalidCronSettings", "an option cron_... has an invalid value", _N, "Correct it: " + _NEW),
    HoldCode(26, "SystemPolicy",
        "the site's own policy for its queue; the reason has the site's words, and the subcode is the site's", _N,
        "A release brings the same hold until the policy is met. Do what the reason says, then `htmap release {tag}`; "
        "the site's documentation and administrators know more"),
    HoldCode(27, "SystemPolicyUndefined", "the site's own policy for its queue is broken", _A, _ASK),
    *_each(
        [
            (28, "GlexecChownSandboxToUser"),
            (29, "PrivsepChownSandboxToUser"),
            (30, "GlexecChownSandboxToCondor"),
            (31, "PrivsepChownSandboxToCondor"),
        ],
        "an older execute node could not hand the job's folder to its user",
        _A,
        _ASK,
    ),
    HoldCode(32, "MaxTransferInputSizeExceeded",
        "its input files are larger than the option max_transfer_input_mb or the site allows (MAX_TRANSFER_INPUT_MB)", _N,
        "Send less, or by URL, or name them where the site shares files, or allow more by max_transfer_input_mb: " + _NEW),
    HoldCode(33, "MaxTransferOutputSizeExceeded",
        "its results and output files are larger than the option max_transfer_output_mb or the site allows "
        "(MAX_TRANSFER_OUTPUT_MB)", _N,
        "Return less, or send files elsewhere by the option output_remaps, or allow more by max_transfer_output_mb: " + _NEW),
    HoldCode(34, "JobOutOfResources",
        "it used more of a resource than it has: memory, or disk space where the site limits that", _A,
        "The reason says which. For memory: " + _MORE_MEMORY + ". For disk space: " + _MORE_DISK),
    HoldCode(34, "JobOutOfResources", "it used more memory than it has", _A, _MORE_MEMORY, MEMORY),
    HoldCode(34, "JobOutOfResources", "it used more disk space than it has", _A, _MORE_DISK, DISK),
    HoldCode(NO_IMAGE, "InvalidDockerImage",
        "the execute node has no such image and cannot get it, or the image cannot run", _A,
        "Is the image's name right, and does the registry give it to everybody? " + _MEND),
    HoldCode(NOT_SAVED, "FailedToCheckpoint",
        "it failed when HTCondor told it to checkpoint, or its checkpoint could not be stored", _A,
        "Is the disk of the schedd's spool full, or is there more than may be transferred? A job that saves results before its "
        "end is released within a minute, and does without. Else " + _MEND[0].lower() + _MEND[1:]),
    *_each(
        [
            (37, "EC2UserError"),
            (38, "EC2InternalError"),
            (39, "EC2AdminError"),
            (40, "EC2ConnectionProblem"),
            (41, "EC2ServerError"),
            (42, "EC2InstancePotentiallyLostError"),
        ],
        "an error of Amazon's EC2, in the grid universe",
        _N,
        _NOT_OURS,
    ),
    *_each(
        [(43, "PreScriptFailed"), (44, "PostScriptFailed")],
        "a script that the execute node runs before or after the job failed",
        _A,
        _ASK,
    ),
    HoldCode(45, "SingularityTestFailed",
        "the execute node could not start a container at all", _A,
        "The node is broken, or the image is none: " + _AGAIN + ", perhaps elsewhere"),
    HoldCode(46, "JobDurationExceeded",
        "it took longer than the option allowed_job_duration, waiting for files included", _N,
        "Make a map that allows more, or smaller components; a release begins from the last checkpoint"),
    HoldCode(47, "JobExecuteExceeded",
        "it ran longer than the option walltime or allowed_execute_duration allows", _A,
        "If it did not hang and needs more: " + _MORE.format(what="walltime", unit="TIME") + ". A release begins from the last "
        "checkpoint"),
    HoldCode(48, "HookShadowPrepareJobFailure",
        "the access point's own preparation of jobs failed, or says so; the subcode is the site's", _A,
        _ASK),
    HoldCode(49, "CannotSwitchPrimaryGroup",
        "the access point may not act for the group that the job is to run with", _A,
        _ASK),
)
# fmt: on

_BY_CODES = {(each.code, each.subcode): each for each in HOLD_CODES}


def known(code: int, subcode: int) -> HoldCode | None:
    """Return what a hold means; None for a code of a newer HTCondor."""
    return _BY_CODES.get((code, subcode)) or _BY_CODES.get((code, None))
