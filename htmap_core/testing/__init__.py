"""For authors of plugins: the promises of each kind of plugin, as test classes to subclass, and fixtures.

Subclass a contract in your plugin's ``tests/test_contract.py``, and name the fixtures in its ``tests/conftest.py``::

    pytest_plugins = ["htmap_core.testing.fixtures"]
"""

from htmap_core.testing.contracts import DeliveryMethodContract, PluginContract

__all__ = ["DeliveryMethodContract", "PluginContract"]
