"""Fixtures of the site tests: everything below this folder is marked ``site``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from htmap_pool import release
from htmap_pool.places import Places

from tests.site import namespaces
from tests.site.evidence import EVIDENCE
from tests.site.hosts import Site

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here, so that `make test` leaves it out and nobody has to think of it.

    The first run on a machine makes images and the like while a test is set up, which takes longer than other tests may.
    """
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("site")
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, installed_htcondor: Path) -> Iterator[Site]:
    """Run an access point for the tests of a module, to which they add the execute hosts that they need."""
    if reason := namespaces.why_not():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    made = Site(release.find(Places.of(installed_htcondor)), installed_htcondor)
    request.node.stash[EVIDENCE] = made.evidence
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def on_site(site: Site) -> Iterator[Site]:
    """Have a test submit to the site, with settings that nothing has changed."""
    with site.client():
        yield site


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Show what the daemons say when a test fails."""
    module = item.getparent(pytest.Module)
    evidence = module.stash.get(EVIDENCE, None) if module is not None else None
    if evidence is not None and call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
        item.add_report_section(call.when, "daemons", evidence())
