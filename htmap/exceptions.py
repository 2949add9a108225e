"""All exceptions that HTMap raises on purpose."""

from htmap_core.exceptions import *  # noqa: F403 -- the one place where they are all given out
from htmap_core.pickling import CannotUnpickle as CannotUnpickle
from htmap_core.storage import CannotRemoveMap as CannotRemoveMap
from htmap_core.storage import CannotStore as CannotStore
