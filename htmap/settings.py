"""The settings: ``from htmap.settings import Settings, settings, BASE_SETTINGS, USER_SETTINGS``.

The attribute ``htmap.settings`` is the settings object itself.
"""

from htmap_core.settings.chain import BASE_SETTINGS, USER_SETTINGS, Settings, settings

__all__ = ["BASE_SETTINGS", "USER_SETTINGS", "Settings", "settings"]
