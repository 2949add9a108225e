"""Runs the real archive, in a folder of its own, with the bare Pythons of this machine."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from htmap_core.submission.archive import build
from htmap_run import frames
from tests.returned import Returned

HERE = sys.version_info[:2]
EXECUTE_SIDE = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]
TIMEOUT = 300

FIRST = """
def first_process():
    import os
    with open(f"/proc/{os.getppid()}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])
"""
"""What every function may call: it returns the number of the job's first process, which HTCondor signals."""


class Interpreter:
    """A Python on this machine that has neither htmap nor cloudpickle."""

    def __init__(self, path: Path, version: tuple[int, ...]) -> None:
        self.path = path
        self.version = version


class Ran:
    """What a job left behind."""

    def __init__(self, scratch: Path, process: subprocess.CompletedProcess[bytes]) -> None:
        self.scratch = scratch
        self.exit_code = process.returncode
        self.job_stdout = process.stdout.decode()
        self.job_stderr = process.stderr.decode()
        self.returned = scratch / "_htmap_return"

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.returned.iterdir()}

    @property
    def results(self) -> Returned:
        return Returned(self.returned / "result")

    @property
    def statuses(self) -> list[str]:
        return [self.record(component)["status"] for component in self.results.components]

    @property
    def run(self) -> dict[str, Any]:
        return self.results.runs[-1]

    def record(self, component: int = 0) -> dict[str, Any]:
        return self.results.record(component)

    def value(self, component: int = 0) -> Any:
        record = self.record(component)
        assert record["status"] == "OK", record["error"]["traceback"]
        return pickle.loads(self.results.payload(component))

    def error(self, component: int = 0) -> dict[str, Any]:
        error = self.record(component)["error"]
        assert isinstance(error, dict)
        return error

    def exception(self, component: int = 0) -> BaseException:
        found = pickle.loads(self.results.payload(component))
        assert isinstance(found, BaseException)
        return found

    def output(self, stream: str, component: int = 0) -> str:
        return self.results.output(stream, component)


class Jobs:
    """Makes scratch folders, and runs the archive in them."""

    def __init__(self, folder: Path, archive: Path, python: Interpreter, cloudpickle_only: Path) -> None:
        self._folder = folder
        self._archive = archive
        self._cloudpickle_only = cloudpickle_only
        self.python = python
        self.environment = {"PATH": os.defpath, "HOME": str(folder), "USER": "someone", "LANG": "C.UTF-8"}

    def scratch(
        self,
        source: str | bytes,
        inputs: Sequence[Any] = (),
        python: Interpreter | None = None,
        index: Mapping[str, Any] | None = None,
    ) -> Path:
        """Make a scratch folder; *source* defines `function`, or is its payload; each input is one positional argument."""
        scratch = self._folder / f"scratch {len(list(self._folder.iterdir()))}"
        scratch.mkdir()
        shutil.copy(self._archive, scratch / "runtime.pyz")
        submit = python or self.python
        payload = source if isinstance(source, bytes) else self.pickled(source, submit)
        facts = {
            "python": list(submit.version),
            "implementation": "CPython",
            "cloudpickle": cloudpickle.__version__,
            "htmap": "1.2.3",
            "by_value": True,
            "allow_mismatch": False,
        }
        with frames.Writer(scratch / "_htmap_function") as writer:
            writer.add(frames.FUNCTION, record={**facts, **(index or {})}, payload=payload)
        self.block(scratch, 0, 0, inputs or [0])
        return scratch

    def block(
        self, scratch: Path, number: int, first: int, inputs: Sequence[Any], by_value: Sequence[int] = ()
    ) -> None:
        """Write an input block; an input that is bytes already stands for a payload."""
        (scratch / f"_htmap_inputs_{number}").unlink(missing_ok=True)
        with frames.Writer(scratch / f"_htmap_inputs_{number}") as writer:
            for component, each in enumerate(inputs, first):
                payload = each if isinstance(each, bytes) else pickle.dumps(((each,), {}), frames.PICKLE_PROTOCOL)
                writer.add(frames.INPUT, component, {"by_value": True} if component in by_value else {}, payload)

    def run_in(
        self,
        scratch: Path,
        components: str = "0",
        python: Interpreter | None = None,
        blocks: str = "_htmap_inputs_0",
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
        before: Callable[[], None] | None = None,
        remapped: str = "",
    ) -> Ran:
        """Run the job of a scratch folder."""
        start = command or [str((python or self.python).path), "runtime.pyz"]
        process = subprocess.run(
            [*start, blocks, components, *filter(None, [remapped])],
            cwd=scratch,
            env={**self.environment, **(environment or {})},
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
            preexec_fn=before,
        )
        return Ran(scratch, process)

    def run(self, source: str, inputs: Sequence[Any] = (), python: Interpreter | None = None, **how: Any) -> Ran:
        """Run `function`, which *source* defines, on each of *inputs*, in one job, and look for nothing to be left over."""
        scratch = self.scratch(source, inputs, python)
        return self.run_in(scratch, f"0-{max(len(inputs), 1) - 1}", python, **how)

    def pickled(self, source: str, python: Interpreter, what: str = "function") -> bytes:
        """Return what *python* pickles for a name that *source* defines in its ``__main__``."""
        program = f"{source}\n{FIRST}\nimport sys, cloudpickle\nsys.stdout.buffer.write(cloudpickle.dumps({what}, 5))\n"
        environment = {**self.environment, "PYTHONPATH": f"{self._cloudpickle_only}{os.pathsep}{self._folder}"}
        command = [str(python.path), "-c", program]
        return subprocess.run(command, env=environment, capture_output=True, timeout=TIMEOUT, check=True).stdout


def _candidates() -> Iterator[Path]:
    for text in filter(None, os.environ.get("HTMAP_TEST_PYTHONS", "").split(os.pathsep)):
        yield Path(text)
    yield from sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin/python"))
    for name in ["python2.7", *(f"python3.{minor}" for minor in range(6, 15))]:
        found = shutil.which(name)
        if found:
            yield Path(found)


def _asked(path: Path) -> Interpreter | None:
    program = "import sys; print('%d %d %d' % sys.version_info[:3])"
    process = subprocess.run([str(path), "-c", program], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if process.returncode != 0:
        return None  # a pyenv shim of a version that is not switched on
    return Interpreter(path, tuple(int(part) for part in process.stdout.split()))


@pytest.fixture(scope="session")
def interpreters() -> Mapping[tuple[int, ...], Interpreter]:
    """The Pythons of this machine by (major, minor); HTMAP_TEST_PYTHONS can name more, separated by colons."""
    found: dict[tuple[int, ...], Interpreter] = {}
    for each in map(_asked, _candidates()):
        if each is not None:
            found.setdefault(each.version[:2], each)
    found.setdefault(HERE, Interpreter(Path(sys.executable), sys.version_info[:3]))
    return found


@pytest.fixture(scope="session")
def need_python(interpreters: Mapping[tuple[int, ...], Interpreter]) -> Callable[[str], Interpreter]:
    def need(version: str) -> Interpreter:
        key = tuple(int(part) for part in version.split("."))
        if key not in interpreters:
            pytest.skip(f"no Python {version} on this machine (HTMAP_TEST_PYTHONS can name one)")
        return interpreters[key]

    return need


@pytest.fixture(params=EXECUTE_SIDE)
def each_python(request: pytest.FixtureRequest, need_python: Callable[[str], Interpreter]) -> Interpreter:
    """Each Python that may be on an execute node, as far as this machine has it."""
    return need_python(request.param)


@pytest.fixture(params=[version for version in EXECUTE_SIDE if version != f"{HERE[0]}.{HERE[1]}"])
def other_python(request: pytest.FixtureRequest, need_python: Callable[[str], Interpreter]) -> Interpreter:
    """Each Python of another minor version than this one."""
    return need_python(request.param)


@pytest.fixture(scope="session")
def cloudpickle_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH that holds cloudpickle and nothing else."""
    folder = tmp_path_factory.mktemp("cloudpickle-only")
    shutil.copytree(Path(cloudpickle.__file__).parent, folder / "cloudpickle")
    return folder


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "runtime.pyz"
    path.write_bytes(build())
    path.chmod(0o755)
    return path


@pytest.fixture
def jobs(
    tmp_path: Path, archive: Path, interpreters: Mapping[tuple[int, ...], Interpreter], cloudpickle_only: Path
) -> Jobs:
    return Jobs(tmp_path, archive, interpreters[HERE], cloudpickle_only)


@pytest.fixture
def memory_group() -> Iterator[Path]:
    """A control group whose processes have 80 MB together."""
    kinds = (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"))
    for folder, limit in kinds:
        group = Path(folder, f"htmap-test-{os.getpid()}")
        try:
            group.mkdir()
        except OSError:
            continue
        if (group / limit).exists():
            (group / limit).write_text(str(80 << 20))
            yield group
            group.rmdir()
            return
        group.rmdir()
    pytest.skip("control groups for memory cannot be made here")
