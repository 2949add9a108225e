"""A backend of joblib that runs on an HTCondor pool, through HTMap.

To import it registers the backend ``htmap``::

    import joblib
    import htmap_joblib

    with joblib.parallel_config("htmap"):
        ...

It uses HTMap as any program of a user does: its executor, by the names of ``htmap``.
"""

import joblib

from htmap_joblib.backend import HTMapBackend

__all__ = ["HTMapBackend"]

joblib.register_parallel_backend("htmap", HTMapBackend)
