"""The promises of pools."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from htmap_core.contract.pools import Pool
from htmap_core.exceptions import HTMapException, PluginError
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins
from htmap_core.testing.contracts.plugin import PluginContract


class PoolContract(PluginContract):
    """The promises of a plugin that offers a pool, on any machine, also on one that is not of its site.

    Subclass it, and set the name of the pool::

        class TestBatch(PoolContract):
            plugin = "batch"
            distribution = "htmap-batch"
            pool = "batch"

    Since 0.7.
    """

    pool: ClassVar[str]

    @pytest.fixture
    def offered(self) -> Pool:
        """Return the pool, as the plugin offers it."""
        return next(pool for pool in plugins.pools() if pool.name == self.pool)

    def test_looking_for_it_tells_its_address_or_that_it_is_not_here(self, offered: Pool) -> None:
        """``find`` returns an address or None in time, or says in an exception of HTMap's why the user's pool cannot be used."""
        try:
            plugins.find(offered)  # an address of another pool, or anything else, is a PluginError
        except PluginError:
            raise
        except HTMapException as error:
            assert str(error).strip()  # noqa: PT017 -- either is right

    def test_looking_for_it_writes_nothing(self, offered: Pool, htmap_dir: Path) -> None:
        """``find`` starts nothing, and makes no file in HTMAP_DIR or HOME."""
        before = _files(htmap_dir)
        pools.check_pools()
        assert _files(htmap_dir) == before

    def test_whether_the_next_map_starts_it_is_known_in_time(self, offered: Pool) -> None:
        """``starts_when_needed`` returns True or False."""
        assert plugins.starts_when_needed(offered) in {True, False}

    def test_it_says_in_one_line_why_it_cannot_be_used(self, offered: Pool) -> None:
        """``advice`` returns one line of text."""
        assert len(plugins.advice(offered).strip().splitlines()) == 1

    def test_nothing_names_it_but_the_user(self, offered: Pool) -> None:
        """``named_by`` returns None while no setting names the pool: no other would be used in its place."""
        assert plugins.named_by(offered) is None

    def test_the_list_of_pools_has_it_with_an_address_or_a_reason(self, offered: Pool) -> None:
        """`htmap plugins list` shows the pool, and why it cannot be used if it cannot."""
        (check,) = [check for check in pools.check_pools() if check.pool == self.pool]
        assert (check.address is None) == bool(check.reason)


def _files(htmap_dir: Path) -> list[Path]:
    return sorted(path for folder in (htmap_dir, Path.home()) for path in folder.rglob("*"))
