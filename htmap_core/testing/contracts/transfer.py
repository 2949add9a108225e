"""The promises of transfer protocols."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

import pytest

from htmap_core.contract.options import MapOptions
from htmap_core.contract.protocol import TransferProtocol
from htmap_core.contract.transfer_path import TransferPath
from htmap_core.maps import creating
from htmap_core.plugins.calls import plugins
from htmap_core.settings.chain import settings
from htmap_core.testing.contracts.plugin import PluginContract
from htmap_core.testing.isolation import only_plugins
from htmap_core.testing.transfer_script import TransferScript

_CONTENT = bytes(range(256)) * 300


class TransferProtocolContract(PluginContract):
    """The promises of a transfer protocol.

    Subclass it, and set the scheme. Override :meth:`url` unless a URL of the protocol names a file by its path::

        class TestCellar(TransferProtocolContract):
            plugin = "cellar"
            distribution = "htmap-cellar"
            scheme = "cellar"

    The tests run the script as HTCondor does, with files of their own. The one marked ``pool`` runs a map on the personal pool.
    Since 0.7.
    """

    scheme: ClassVar[str]
    reasons: ClassVar[tuple[str, ...]] = (
        "cannot_fetch",
        "cannot_send",
        "has_no_script",
        "has_no_place",
        "personal_pool_lacks",
    )

    cannot_fetch: ClassVar[str] = ""
    """Why the protocol has ``inputs=False``."""

    cannot_send: ClassVar[str] = ""
    """Why the protocol has ``outputs=False``."""

    has_no_script: ClassVar[str] = ""
    """Why no script travels with jobs, such as "HTCondor has one"."""

    has_no_place: ClassVar[str] = ""
    """Why the tests have no place to keep files at, such as "it needs a server"."""

    personal_pool_lacks: ClassVar[str] = ""
    """The thing that the script needs and jobs on a personal pool lack."""

    def url(self, folder: Path, name: str) -> str:
        """Return the URL under which a test may keep a file; called once for each file.

        :param folder: a folder of the test, which is empty.
        :param name: the name of the file.
        """
        return f"{self.scheme}://{folder}/{name}"

    @pytest.fixture
    def protocol(self) -> TransferProtocol:
        """Return the protocol, as the plugin offers it."""
        return plugins.transfer_protocols()[self.scheme]

    @pytest.fixture
    def script(self, protocol: TransferProtocol, tmp_path: Path) -> TransferScript:
        """Return the script that travels with jobs."""
        self.unless(self.has_no_script)
        assert protocol.script is not None
        folder = tmp_path / "scratch"
        folder.mkdir()
        return TransferScript(protocol.script, folder)

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Return a folder for the files that :meth:`url` names."""
        self.unless(self.has_no_place)
        folder = tmp_path / "place"
        folder.mkdir()
        return folder

    def test_what_it_lacks_has_a_reason_and_what_it_has_has_none(self, protocol: TransferProtocol) -> None:
        """Directions that the protocol excludes, and a script that it lacks, are excused in the contract, and no others."""
        assert protocol.inputs == (not self.cannot_fetch)
        assert protocol.outputs == (not self.cannot_send)
        assert (protocol.script is None) == bool(self.has_no_script)

    def test_the_script_says_that_it_serves_the_scheme(self, script: TransferScript) -> None:
        """``-classad`` prints the abilities that HTCondor asks for."""
        told = script.abilities()
        assert told["PluginType"] == "FileTransfer"
        assert self.scheme in told["SupportedMethods"].lower().split(",")
        assert told["MultipleFileSupport"] is True

    def test_files_come_back_as_they_were_sent(self, script: TransferScript, place: Path, tmp_path: Path) -> None:
        """Of several files, each is fetched with the content with which it was sent, and an answer tells of each."""
        self.unless(self.cannot_fetch or self.cannot_send)
        contents = {"made.bin": _CONTENT, "empty": b""}
        urls = [self.url(place, name) for name in contents]
        sent, fetched = ({url: tmp_path / f"{way} {n}" for n, url in enumerate(urls)} for way in ("sent", "back"))
        for path, content in zip(sent.values(), contents.values()):
            path.write_bytes(content)
        for code, answers in (script.send(sent), script.fetch(fetched)):
            assert code == 0, answers
            assert sorted(answer["TransferUrl"] for answer in answers) == sorted(urls)
            assert all(answer["TransferSuccess"] is True for answer in answers)
        assert [path.read_bytes() for path in fetched.values()] == list(contents.values())

    def test_a_file_that_is_not_there_fails_with_a_reason(
        self, script: TransferScript, place: Path, tmp_path: Path
    ) -> None:
        """Where a file cannot be fetched, the answer says why, for the hold reason, and the exit code is not 0."""
        self.unless(self.cannot_fetch)
        code, (answer,) = script.fetch({self.url(place, "nothing"): tmp_path / "fetched"})
        assert code != 0
        assert answer["TransferSuccess"] is False
        assert answer["TransferError"].strip()

    @pytest.mark.pool
    def test_a_map_fetches_and_sends_files_by_it(
        self, request: pytest.FixtureRequest, script: TransferScript, place: Path, tmp_path: Path
    ) -> None:
        """A component reads an input at a URL, and its output goes to another."""
        self.unless(self.cannot_fetch or self.cannot_send)
        self.unless(self.personal_pool_lacks and f"jobs on a personal pool have no {self.personal_pool_lacks}")
        request.getfixturevalue("personal_pool")  # a skipped test must not start it
        (tmp_path / "given").write_bytes(_CONTENT)
        given, made = self.url(place, "given"), self.url(place, "made")
        assert script.send({given: tmp_path / "given"})[0] == 0

        def turn_round(path: Path) -> None:
            import importlib
            from pathlib import Path

            Path("made").write_bytes(path.read_bytes()[::-1])
            importlib.import_module("htmap").transfer_output_files("made")  # the small htmap of the execute side

        with only_plugins(self.plugin, "pool", *self.beside):
            _run_with_this_python()
            options = MapOptions(output_remaps={"made": TransferPath(made)})
            creating.map(turn_round, [TransferPath(given)], map_options=options).get(0, timeout=600)
        assert script.fetch({made: tmp_path / "made"})[0] == 0
        assert (tmp_path / "made").read_bytes() == _CONTENT[::-1]


def _run_with_this_python() -> None:
    """Have maps use the Python of the tests, which jobs on a personal pool see: no delivery method needs to be installed."""
    creating.register_delivery_method("tests", lambda *_: {"executable": sys.executable, "transfer_executable": False})
    settings["DELIVERY_METHOD"] = "tests"
