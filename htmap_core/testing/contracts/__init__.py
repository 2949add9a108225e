"""The promises of plugins, as test classes: a module for each kind of plugin.

Imports ``maps`` and the packages below it, and the other modules of ``testing``.
"""

import pkgutil

import pytest

# So that a promise that is broken shows the values that it compared, as in a test of the author's own.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)))
