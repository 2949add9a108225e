"""What every delivery method must be able to do on a host that shares nothing with the submit side: the same set of maps."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

import htmap
from htmap_core.testing import eventually
from htmap_run.files import checkpoints
from tests.site.hosts import CHECKOUT, Site

TIMEOUT = 240


class DeliverySiteContract:
    """The promises of a delivery method, to be kept on execute hosts that share nothing.

    Subclass it in ``tests/site/test_<method>.py``, set :attr:`method`, and have :meth:`add_hosts` add the execute hosts. The maps
    are submitted together, once for the class.
    """

    method: ClassVar[str]
    """The delivery method."""
    has_numpy: ClassVar[bool] = False
    """Whether what the components run with has numpy."""
    shares_files: ClassVar[tuple[Path, ...]] = ()
    """What the hosts see of the submit side, for the method is about just that."""
    never_another_python: ClassVar[str] = ""
    """Why a component cannot meet another version of Python; where it can, :meth:`with_another_python` says how."""

    @classmethod
    def add_hosts(cls, site: Site) -> None:
        """Add the execute hosts; a call of ``site.add_host`` does."""
        raise NotImplementedError

    @classmethod
    def method_settings(cls) -> dict[str, Any]:
        """Return the settings that the method needs."""
        return {}

    @classmethod
    def client_config(cls) -> str:
        """Return HTCondor configuration that the submit side needs."""
        return ""

    @classmethod
    def map_options(cls) -> htmap.MapOptions:
        """Return options for all maps."""
        return htmap.MapOptions()

    @classmethod
    def checkpoint_options(cls) -> htmap.MapOptions:
        """Return options for a map whose jobs copy checkpoints to the submit side at once, which needs a network."""
        return cls.map_options()

    @classmethod
    @contextlib.contextmanager
    def with_another_python(cls) -> Iterator[htmap.MapOptions]:
        """Change settings for a while, or yield options, so that components meet another minor version of Python."""
        raise NotImplementedError
        yield

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def chosen(cls, site: Site) -> Iterator[None]:
        """Have the tests of the class submit to the site, with this method."""
        cls.add_hosts(site)
        with site.client(cls.client_config()):
            htmap.settings["DELIVERY_METHOD"] = cls.method
            for name, value in cls.method_settings().items():
                htmap.settings[name] = value
            yield

    @pytest.fixture(scope="class")
    @classmethod
    def maps(cls, chosen: None) -> dict[str, htmap.Map]:
        """Return all maps, submitted at once so that they run side by side."""
        options = cls.map_options()
        reaching_back = htmap.MapOptions(custom_options={"WantIOProxy": "true"}, checkpoint_interval=0)
        hidden = [str(path) for path in (Path(sys.prefix), CHECKOUT, Path(htmap.settings["HTMAP_DIR"]))]
        maps = {
            "results": htmap.map(doubling(hidden), range(3), map_options=options),
            "chunks": htmap.map(doubling(hidden), range(7), map_options=options, chunksize=3),
            "error": htmap.map(inverting(), [4, 0], map_options=options),
            "files": htmap.map(writing(), ["a", "b"], map_options=options),
            "checkpoint": htmap.map(
                resuming(), [600], map_options=htmap.MapOptions.merge(reaching_back, cls.checkpoint_options())
            ),
        }
        if cls.has_numpy:
            maps["numpy"] = htmap.map(adding_up_with_numpy(), [1000], map_options=options)
        return maps

    def test_results_come_back(self, maps: dict[str, htmap.Map]) -> None:
        assert [facts["doubled"] for facts in maps["results"].iter(timeout=TIMEOUT)] == [0, 2, 4]

    def test_components_that_share_a_job_all_come_back(self, maps: dict[str, htmap.Map]) -> None:
        assert [facts["doubled"] for facts in maps["chunks"].iter(timeout=TIMEOUT)] == list(range(0, 14, 2))

    def test_nothing_of_the_submit_side_is_there(self, maps: dict[str, htmap.Map]) -> None:
        seen = {path for facts in maps["results"].iter(timeout=TIMEOUT) for path in facts["seen"]}
        assert seen <= {str(path) for path in self.shares_files}

    def test_an_exception_comes_back_with_its_report(self, maps: dict[str, htmap.Map]) -> None:
        with pytest.raises(htmap.exceptions.MapComponentError, match="ZeroDivisionError") as caught:
            maps["error"].get(1, timeout=TIMEOUT)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert "divisor = 0" in caught.value.report
        assert maps["error"].get(0, timeout=TIMEOUT) == 0.25

    def test_output_files_come_back(self, maps: dict[str, htmap.Map]) -> None:
        folder = maps["files"].output_files.get(1, timeout=TIMEOUT)
        assert (folder / "plain.txt").read_text() == "b in plain.txt"
        assert (folder / "deep" / "er.txt").read_text() == "b in deep/er.txt"

    def test_what_is_printed_comes_back(self, maps: dict[str, htmap.Map]) -> None:
        assert "printed a\n" in maps["files"].stdout.get(0, timeout=TIMEOUT)
        assert "complained b\n" in maps["files"].stderr.get(1, timeout=TIMEOUT)

    def test_a_component_that_is_vacated_goes_on_from_its_checkpoint(self, maps: dict[str, htmap.Map]) -> None:
        mapped = maps["checkpoint"]
        eventually((mapped._map_dir.path / checkpoints.place(0)).exists, says="there is a checkpoint", within=TIMEOUT)
        mapped.vacate()
        assert mapped.get(0, timeout=TIMEOUT) == "half-way"

    def test_numpy_can_be_used(self, maps: dict[str, htmap.Map]) -> None:
        if not self.has_numpy:
            pytest.skip("what the components run with has no numpy")
        assert maps["numpy"].get(0, timeout=TIMEOUT) == 499500

    def test_another_version_of_python_is_refused(self) -> None:
        if self.never_another_python:
            pytest.skip(self.never_another_python)
        with self.with_another_python() as options:
            mapped = htmap.map(doubling([]), [1], map_options=options)
            with pytest.raises(htmap.exceptions.MapComponentError) as caught:
                mapped.get(0, timeout=TIMEOUT)
        assert "htmap.Refused" in caught.value.report  # so nothing was run
        assert f"CPython {sys.version_info.major}.{sys.version_info.minor}." in caught.value.report


# Made by functions, so that they travel with their code: this module is not there where they run.


def doubling(paths: list[str]) -> Callable[[int], dict[str, Any]]:
    """Return a function that doubles a number, and says which of *paths* it sees."""

    def double_and_tell(x: int) -> dict[str, Any]:
        import os

        # What lies in a folder that may not be entered is not there; Path.exists() would raise.
        return {"doubled": 2 * x, "seen": [path for path in paths if os.path.exists(path)]}

    return double_and_tell


def inverting() -> Callable[[int], float]:
    """Return a function that raises an exception for 0."""

    def invert(divisor: int) -> float:
        return 1 / divisor

    return invert


def writing() -> Callable[[str], None]:
    """Return a function that writes to files, to standard output and to standard error."""

    def write(text: str) -> None:
        import sys
        from pathlib import Path

        import htmap

        Path("deep").mkdir()
        for name in ("plain.txt", "deep/er.txt"):
            Path(name).write_text(f"{text} in {name}")
        htmap.transfer_output_files("plain.txt", "deep/er.txt")
        print("printed", text)
        print("complained", text, file=sys.stderr)

    return write


def resuming() -> Callable[[float], str]:
    """Return a function that writes a checkpoint and then sleeps, unless there is one, whose content it returns."""

    def resume(seconds: float) -> str:
        from pathlib import Path

        import htmap

        state = Path("state")
        if state.exists():
            return state.read_text()
        state.write_text("half-way")
        htmap.checkpoint(state)
        time.sleep(seconds)
        return "slept to the end"

    return resume


def adding_up_with_numpy() -> Callable[[int], int]:
    """Return a function that adds up the numbers below another with numpy."""

    def add_up(below: int) -> int:
        import numpy  # type: ignore[import-not-found, unused-ignore]

        return int(numpy.arange(below).sum())

    return add_up
