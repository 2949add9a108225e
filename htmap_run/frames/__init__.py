"""The file of frames, which both sides write and read: everything that travels, and everything that a job leaves.

Frames are only appended. Each has a header of 24 bytes (:data:`HEADER`: mark, kind, version, size of the record, component, size
of the payload), a record in JSON, a CRC-32 of header and record, a payload, and a CRC-32 of the payload. Numbers are
little-endian. So a file that was cut short is good up to its last whole frame, and a flipped bit is noticed in the piece that it
hits.

There are four such files:

- ``_htmap_function``: one frame of the kind :data:`FUNCTION`. Record: ``python`` ``[3, 11, 7]``, ``implementation``
  ``"CPython"``, ``cloudpickle`` and ``htmap`` (versions), ``by_value``, ``allow_mismatch``, ``checkpoints`` and
  ``checkpoint_exit`` (booleans), and ``checkpoint_interval`` (seconds).
- ``_htmap_inputs_<n>``: a frame of the kind :data:`INPUT` for each of some consecutive components. The payload is a pickle of
  ``(args, kwargs)``. Record, mostly empty: ``by_value``, ``files`` (see :mod:`htmap_run.files.placing`), ``arguments`` (see
  :mod:`htmap_run.arguments`).
- A checkpoint: one frame of the kind :data:`CHECKPOINT`, whose payload is a tar archive. In place of a component
  it has the number of the checkpoint, which rises with each call.
- The results of a job; see :mod:`htmap_run.journal.results`. They end with an index (:data:`INDEX`), which is only a cache.

Both sides import it by this one name. Imports the standard library alone.
"""

from htmap_run.frames.form import (
    BEGUN,
    CHECKPOINT,
    ENDS,
    ERROR,
    FUNCTION,
    HEADER,
    INDEX,
    INPUT,
    MARK,
    OF_ALL,
    PICKLE_PROTOCOL,
    REFUSED,
    RESULT,
    RUN,
    STDERR,
    STDOUT,
    SURROUNDINGS,
    VERSION,
    CorruptFile,
    Frame,
    NewerFile,
)
from htmap_run.frames.reading import (
    Reader,
)
from htmap_run.frames.writing import (
    Writer,
    parts,
)

__all__ = [
    "BEGUN",
    "CHECKPOINT",
    "ENDS",
    "ERROR",
    "FUNCTION",
    "HEADER",
    "INDEX",
    "INPUT",
    "MARK",
    "OF_ALL",
    "PICKLE_PROTOCOL",
    "REFUSED",
    "RESULT",
    "RUN",
    "STDERR",
    "STDOUT",
    "SURROUNDINGS",
    "VERSION",
    "CorruptFile",
    "Frame",
    "NewerFile",
    "Reader",
    "Writer",
    "parts",
]
