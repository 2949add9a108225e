"""Which versions the submit side has; :func:`htmap_core.submission.archive.build` puts the real ones in place of this module."""

HTMAP = "unknown"
CLOUDPICKLE = "unknown"
