"""For authors of plugins: test classes to subclass, with the promises of each kind of plugin, fixtures, and a way to wait.

Subclass a contract in your plugin's ``tests/test_contract.py``, and name the fixtures in its ``tests/conftest.py``::

    pytest_plugins = ["htmap_core.testing.fixtures"]

A test that waits for another process calls :func:`eventually`, which says what did not happen in time.

Imports ``cli``, ``maps`` and the packages below these; no other package of the core imports it.
"""

from htmap_core.testing.command_line import run_htmap
from htmap_core.testing.contracts.delivery import DeliveryMethodContract
from htmap_core.testing.contracts.plugin import PluginContract
from htmap_core.testing.contracts.pool import PoolContract
from htmap_core.testing.contracts.site import SiteContract
from htmap_core.testing.contracts.transfer import TransferProtocolContract
from htmap_core.testing.descriptions import described
from htmap_core.testing.isolation import only_plugins
from htmap_core.testing.own_settings import using_htmap_dir
from htmap_core.testing.patience import eventually
from htmap_core.testing.pools import pool_of_its_own, stop_at_the_end
from htmap_core.testing.pythons import BARE_PYTHONS, bare_environment, python_of

__all__ = [
    "BARE_PYTHONS",
    "DeliveryMethodContract",
    "PluginContract",
    "PoolContract",
    "SiteContract",
    "TransferProtocolContract",
    "bare_environment",
    "described",
    "eventually",
    "only_plugins",
    "pool_of_its_own",
    "python_of",
    "run_htmap",
    "stop_at_the_end",
    "using_htmap_dir",
]
