"""For authors of plugins: the promises of each kind of plugin, as test classes to subclass, fixtures, and a way to wait.

Subclass a contract in your plugin's ``tests/test_contract.py``, and name the fixtures in its ``tests/conftest.py``::

    pytest_plugins = ["htmap_core.testing.fixtures"]

Where a test waits for what another process does, :func:`eventually` has the patience, and says what did not happen. Imports
``maps`` and what is below it; nothing of the core imports it.
"""

from htmap_core.testing.contracts import DeliveryMethodContract, PluginContract
from htmap_core.testing.patience import eventually

__all__ = ["DeliveryMethodContract", "PluginContract", "eventually"]
