"""All exceptions that HTMap raises on purpose."""

from htmap_core.exceptions import *  # noqa: F403 -- the one place where they are all given out
