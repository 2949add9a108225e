"""File systems that lack something: the kernel refuses system calls to one thread, as those file systems do.

Lustre that is mounted without ``flock`` answers ENOSYS, and many file systems in user space refuse hard links with EPERM.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")

_NUMBERS = {
    "x86_64": {"flock": [73], "link": [86, 265], "symlink": [88, 266]},
    "aarch64": {"flock": [32], "link": [37], "symlink": [36]},
}
_ERRORS = {"flock": errno.ENOSYS, "link": errno.EPERM, "symlink": errno.EPERM}

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2  # prctl(2), seccomp(2)
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD_NUMBER, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def without(calls: tuple[str, ...], do: Callable[[], Result]) -> Result:
    """Return what *do* returns in a thread, and the processes that it starts, to which the kernel refuses *calls*."""
    found: list[Any] = []

    def run() -> None:
        try:
            _refuse(calls)
            found.append(do())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    (result,) = found
    if isinstance(result, BaseException):
        raise result
    return result  # type: ignore[no-any-return]  # what `do` returned


def _refuse(calls: tuple[str, ...]) -> None:
    """Have the kernel refuse system calls to this thread, for good."""
    code = [_Instruction(_LOAD_NUMBER, 0, 0, 0)]
    for call in calls:
        for number in _NUMBERS[platform.machine()][call]:
            code += [_Instruction(_JUMP_IF_EQUAL, 0, 1, number), _Instruction(_RETURN, 0, 0, _ERRNO | _ERRORS[call])]
    code.append(_Instruction(_RETURN, 0, 0, _ALLOW))
    program = _Program(len(code), (_Instruction * len(code))(*code))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
