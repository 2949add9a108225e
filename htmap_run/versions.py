"""The versions on the submit side. :func:`htmap_core.submission.archive.build` replaces this module by the real ones."""

HTMAP = "unknown"
CLOUDPICKLE = "unknown"
