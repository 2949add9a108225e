"""The promises of a site's plugin: a pool, and the rules for the jobs there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from htmap_core.contract.options import MapOptions
from htmap_core.contract.submit import SubmitDescription
from htmap_core.plugins.calls import plugins
from htmap_core.testing import descriptions
from htmap_core.testing.contracts.pool import PoolContract
from htmap_core.testing.isolation import only_plugins

_ELSEWHERE = "elsewhere"
_REQUESTS = {"request_cpus": "2", "request_memory": "3GB", "request_disk": "5GB"}


class SiteContract(PoolContract):
    """The promises of a site's plugin, which offers a pool and writes the site's rules into submit descriptions.

    Subclass it, and set the pool, the command that holds the site's time limit, and a limit of a day in the user's own words::

        class TestSite(SiteContract):
            plugin = "site"
            distribution = "htmap-site"
            pool = "site"
            time_limit = "MY.MaxRuntime"
            a_day = "86400"

            def test_the_project_is_in_every_job(self):
                assert self.described(settings={"SITE.PROJECT": "tides"})["MY.ProjectName"] == '"tides"'

    Since 0.7.
    """

    time_limit: ClassVar[str]
    a_day: ClassVar[str]
    reasons: ClassVar[tuple[str, ...]] = ("has_no_time_limit", "changes_requests")

    has_no_time_limit: ClassVar[str] = ""
    """Why the site has no time limit in words of its own, such as "HTCondor's own limit holds here"."""

    changes_requests: ClassVar[str] = ""
    """Why the plugin changes the CPUs, memory or disk that users ask for, such as "memory comes in steps of 2 GB"."""

    def site_settings(self) -> dict[str, Any]:
        """Return the settings without which the plugin refuses maps, such as a project; called for each description."""
        return {}

    def described(
        self, options: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None, **named: Any
    ) -> dict[str, str]:
        """Return the submit commands of a map on the site's pool, as :func:`htmap_core.testing.described` does.

        ::

            assert self.described({"walltime": "2h"})["MY.MaxRuntime"] == "$(htmap_walltime)"

        :param options: the user's map options.
        :param settings: the user's settings, besides those of :meth:`site_settings`.
        :param named: more arguments of that function.
        """
        told = {**self.site_settings(), **(settings or {})}
        return descriptions.described(options, told, **{"pool": self.pool, **named})

    def test_describing_twice_describes_the_same(self) -> None:
        """Two maps with the same options have the same description."""
        assert self.described({"walltime": "2h"}) == self.described({"walltime": "2h"})

    def test_what_the_user_asks_for_stays(self) -> None:
        """The CPUs, memory and disk that the user has set for a map are those of its jobs."""
        self.unless(self.changes_requests)
        found = self.described(_REQUESTS)
        assert {name: found[name] for name in _REQUESTS} == _REQUESTS

    def test_the_walltime_becomes_the_sites_own_limit(self) -> None:
        """A map with the option ``walltime`` has a limit of the site, which follows from it."""
        self.unless(self.has_no_time_limit)
        limits = [self._limit({"walltime": walltime}) for walltime in ("60", "1d")]
        assert None not in limits
        assert limits[0] != limits[1]

    def test_the_users_own_limit_wins(self) -> None:
        """Who sets the site's limit by an option gets it, whatever the walltime, as long as that is less."""
        self.unless(self.has_no_time_limit)
        own = {"walltime": "60", self.time_limit: self.a_day}
        assert self.described(own)[self.time_limit] == self.a_day

    def test_maps_elsewhere_stay_as_they_are(self) -> None:
        """On another pool, the plugin writes nothing into a description."""
        options = {**_REQUESTS, "walltime": "2h"}
        with only_plugins(*self.beside):
            without = descriptions.described(options, pool=_ELSEWHERE)
        assert self.described(options, pool=_ELSEWHERE) == without

    def test_maps_elsewhere_need_no_credentials(self) -> None:
        """On another pool, the plugin sets up no credential, and asks for none."""
        submit = SubmitDescription()
        plugins.setup_credentials(submit, descriptions.plan_of(MapOptions(), _ELSEWHERE))
        assert submit == SubmitDescription()

    def _limit(self, options: Mapping[str, Any]) -> str | None:
        """Return the site's limit of a map, with the number in it that its jobs have; None if it has none."""
        found = self.described(options)
        text = found.get(self.time_limit)
        return text and text.replace("$(htmap_walltime)", found.get("htmap_walltime", ""))
