"""For authors of plugins: test classes to subclass, with the promises of each kind of plugin, fixtures, and a way to wait.

Subclass a contract in your plugin's ``tests/test_contract.py``, and name the fixtures in its ``tests/conftest.py``::

    pytest_plugins = ["htmap_core.testing.fixtures"]

A test that waits for another process calls :func:`eventually`, which says what did not happen in time. Since 0.7.
"""

from htmap_core.testing.contracts import DeliveryMethodContract, PluginContract
from htmap_core.testing.patience import eventually

__all__ = ["DeliveryMethodContract", "PluginContract", "eventually"]
