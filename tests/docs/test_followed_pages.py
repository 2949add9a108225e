"""Whoever follows the pages on plugins word for word, in an empty folder, has plugins that work.

By default the environment finds what this one has. With ``HTMAP_TEST_WHEELS``, a folder of wheels, HTMap and its plugins come
from these alone (`make test-wheels`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.docs.following import (
    Commands,
    File,
    Followed,
    environment_of_this,
    environment_of_wheels,
    follow,
    steps,
    variables,
)

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
WHEELS = "HTMAP_TEST_WHEELS"


@pytest.fixture(scope="module")
def shell(module_pool: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of somebody who has HTMap and a pool."""
    folder = tmp_path_factory.mktemp("shell")
    wheels = os.environ.get(WHEELS)
    programs = environment_of_wheels(folder / "venv", Path(wheels)) if wheels else environment_of_this(folder / "venv")
    (folder / "home").mkdir()
    return {
        **variables(programs, os.environ),
        "HOME": str(folder / "home"),
        "HTMAP_CONFIG": "",
        "HTMAP_DIR": str(module_pool),
    }


@pytest.fixture(scope="module")
def site(shell: Mapping[str, str], module_pool: Path, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """What came of the page on sites, on a machine that submits to Tidewater and has no settings for all yet."""
    folder = tmp_path_factory.mktemp("site")
    places = {f"/{name}": folder / name for name in ("etc/htmap", "opt")}
    for each in (folder / "here", *places.values()):
        each.mkdir(parents=True)
    (settings := folder / "etc" / "htmap" / "htmaprc").touch()
    environment = {
        **shell,
        "HTMAP_CONFIG": str(settings),
        "CONDOR_CONFIG": str(module_pool / "pool" / "condor_config"),
        "_CONDOR_UID_DOMAIN": "tidewater.example.org",
    }
    return follow((PAGES / "set-up-a-site.md").read_text(), folder / "here", environment, places)


@pytest.fixture(scope="module")
def delivery(shell: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Followed:
    (folder := tmp_path_factory.mktemp("delivery") / "here").mkdir()
    return follow((PAGES / "write-a-plugin.md").read_text(), folder, shell, {})


@pytest.mark.pool
def test_the_page_on_sites_can_be_followed_to_its_end(site: Followed) -> None:
    assert site.returncode == 0, site.outputs[-1]


@pytest.mark.pool
def test_its_file_is_where_settings_come_from(site: Followed) -> None:
    shown = site.output_of("htmap settings")
    assert re.search(r"^request_memory = \"2GB\" # .*here/htmaprc", shown, re.MULTILINE), shown


@pytest.mark.pool
def test_the_tests_of_its_plugin_pass(site: Followed) -> None:
    summary = site.output_of("pytest htmap-tidewater").splitlines()[-1]
    assert re.search(r"\b(9|\d\d) passed\b", summary), summary
    assert not re.search("failed|error|skipped|warning", summary)


@pytest.mark.pool
def test_its_plugin_is_listed_with_what_it_offers(site: Followed) -> None:
    shown = site.output_of("htmap plugins show")
    assert re.search(r"\btidewater +htmap-tidewater 0\.1 +ok\b.*pools: tidewater", shown), shown


@pytest.mark.pool
def test_its_rules_are_in_the_jobs_of_a_user(site: Followed) -> None:
    shown = site.output_of("htmap plan first")
    assert "[1]" in shown.splitlines()
    lines = [line for line in shown.splitlines() if re.match(r" *(MY\.ProjectName|request_memory)\b", line)]
    assert [re.findall(r"\"tides\"|2GB|'tidewater'|etc/htmap/htmaprc", line) for line in lines] == [
        ["etc/htmap/htmaprc", "2GB"],
        ["'tidewater'", '"tides"'],
    ]


@pytest.mark.pool
def test_its_file_alone_is_the_plugin_for_all(site: Followed) -> None:
    shown = site.output_of("REQUIRED")
    assert re.search(r"/tidewater\.py .* ok .* pools: tidewater", shown), shown
    assert "htmap-tidewater" not in shown


@pytest.mark.pool
def test_without_it_its_maps_are_there_and_can_be_removed(site: Followed) -> None:
    assert re.search(r"^ *first\b", site.output_of("htmap status"), re.MULTILINE)


@pytest.mark.pool
def test_the_page_on_plugins_can_be_followed_to_its_end(delivery: Followed) -> None:
    assert delivery.returncode == 0, delivery.outputs[-1]


@pytest.mark.pool
def test_its_delivery_method_is_listed(delivery: Followed) -> None:
    shown = delivery.output_of("htmap plugins list")
    assert re.search(r"\bsw +htmap-sw 0\.1 +ok\b.*delivery methods: sw", shown), shown


@pytest.mark.pool
def test_its_tests_pass_and_say_what_they_skip(delivery: Followed) -> None:
    summary = delivery.output_of("pytest htmap-sw").splitlines()[-1]
    assert re.search(r"\b\d+ passed\b.*\b\d+ skipped\b", summary), summary
    assert not re.search("failed|error|warning", summary)


# --- what it is to follow a page


PAGE = """
    boat/
      hull.toml
      boat/__init__.py   empty
      boat/sail.py

`hull.toml` comes first, and not `sail.py`; here it is, `hull.toml`:

```toml
oars = 2
```

And `sail.py`:

```python
print("sail")
```

Like this:

```python
print("no file")
```

```sh
export WIND=5
cd boat
```

```sh
python3 boat/sail.py; echo $WIND
```
"""


def test_the_files_and_commands_of_a_page_are_found() -> None:
    assert list(steps(PAGE)) == [
        File("boat/boat/__init__.py", ""),
        File("boat/hull.toml", "oars = 2\n"),
        File("boat/boat/sail.py", 'print("sail")\n'),
        Commands("export WIND=5\ncd boat\n"),
        Commands("python3 boat/sail.py; echo $WIND\n"),
    ]


def test_commands_are_typed_in_one_shell(tmp_path: Path) -> None:
    (folder := tmp_path / "here").mkdir()
    followed = follow(PAGE, folder, os.environ, {})
    assert followed.returncode == 0
    assert followed.output_of("WIND=").split() == []
    assert followed.output_of("$WIND").split() == ["sail", "5"]


def test_a_command_that_fails_ends_it(tmp_path: Path) -> None:
    (folder := tmp_path / "here").mkdir()
    followed = follow(PAGE.replace("cd boat", "cd /port; cd ship; true"), folder, os.environ, {"/port": tmp_path})
    assert followed.returncode == 1
    assert len(followed.outputs) == 1
