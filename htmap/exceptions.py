"""All exceptions that HTMap raises on purpose."""

from htmap_core.condor.job_ads import JobNotFound as JobNotFound
from htmap_core.exceptions import *  # noqa: F403 -- the one place where they are all given out
from htmap_core.maps.map_view import ComponentNotFound as ComponentNotFound
from htmap_core.results.following import CannotFollow as CannotFollow
from htmap_core.results.pickling import CannotUnpickle as CannotUnpickle
from htmap_core.storage.exceptions import CannotRemoveMap as CannotRemoveMap
from htmap_core.storage.exceptions import CannotStore as CannotStore
