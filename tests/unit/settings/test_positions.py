"""Where a setting stands in its file."""

from __future__ import annotations

import pytest

from htmap_core.settings.toml.positions import line_of

FILE = '''# WAIT_TIME = 1
WAIT_TIME = 3
POOL.CPUS = 4
LONG = """
WAIT_TIME = 5
MEMORY = 6
"""
[MAP_OPTIONS]
  request_memory = "2GB"
"MY.Project" = "a"
environment = { A = "b" }

[ map_options . more ]
x = 1
[DOCKER]
IMAGE = "a"
'''


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("WAIT_TIME", 2),
        ("pool.cpus", 3),
        ("POOL", 3),
        ("MEMORY", None),
        ("MAP_OPTIONS.Request_Memory", 9),
        ("MAP_OPTIONS.environment.A", 11),
        ("MAP_OPTIONS.more.x", 14),
        ("DOCKER", 16),
        ("DOCKER.UNIVERSE", None),
    ],
)
def test_the_line_of_a_setting_is_found_however_it_is_written(setting: str, line: int | None) -> None:
    assert line_of(FILE, setting) == line
