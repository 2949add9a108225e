"""For authors of plugins: what each kind of plugin promises, as test classes to subclass, and what else their tests need.

Subclass a contract in your plugin's ``tests/test_contract.py``, and name the fixtures in its ``tests/conftest.py``::

    pytest_plugins = ["htmap_core.testing.fixtures"]

Where a test waits for what another process does, :func:`eventually` has the patience, and says what did not happen. Imports
``maps`` and what is below it; nothing of the core imports it.
"""

from htmap_core.testing.command_line import run_htmap
from htmap_core.testing.contracts import DeliveryMethodContract, PluginContract
from htmap_core.testing.own_settings import using_htmap_dir
from htmap_core.testing.patience import eventually
from htmap_core.testing.pools import pool_of_its_own, stop_at_the_end
from htmap_core.testing.pythons import BARE_PYTHONS, bare_environment, python_of

__all__ = [
    "BARE_PYTHONS",
    "DeliveryMethodContract",
    "PluginContract",
    "bare_environment",
    "eventually",
    "pool_of_its_own",
    "python_of",
    "run_htmap",
    "stop_at_the_end",
    "using_htmap_dir",
]
