"""What counts of what is imported."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import cloudpickle
import pytest

import htmap
from htmap_core.fingerprints.fingerprint import Fingerprint, Fingerprints

Changed = Callable[..., bool]

SCRIPTS = {
    "a module": ("import near_one\ndef f(x): return near_one.g(x)", "near_one.py"),
    "a function of a module": ("from near_one import g\ndef f(x): return g(x)", "near_one.py"),
    "a class of a module": ("from near_one import C\ndef f(x): return C().m()", "near_one.py"),
    "an object of a module's class": ("from near_one import C\nc = C()\ndef f(x): return c.m()", "near_one.py"),
    "an import in the function": ("def f(x):\n    import near_one\n    return near_one.g(x)", "near_one.py"),
    "a module that the module imports": ("import near_one\ndef f(x): return near_one.h(x)", "near_two.py"),
    "a module of a package": ("import near.part\ndef f(x): return near.part.g(x)", "near/part.py"),
    "a module from a package": ("def f(x):\n    from near import part\n    return part.g(x)", "near/part.py"),
    "the package of a module": ("from near.alone import g\ndef f(x): return g(x)", "near/__init__.py"),
    "what a package imports relatively": ("from near.part import g\ndef f(x): return g(x)", "near/other.py"),
}

FILES = {
    "near_one.py": "import near_two\ndef g(x): return 1\ndef h(x): return near_two.g(x)\nclass C:\n    def m(self): return 1",
    "near_two.py": "import near_one\ndef g(x): return 1",
    "near_three.py": "def g(x): return 1",
    "near/__init__.py": "K = 1",
    "near/part.py": "from . import other\nfrom .other import k\ndef g(x): return 1",
    "near/alone.py": "def g(x): return 1",
    "near/other.py": "k = 1",
}


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of the script, with modules of the user's."""
    for name, source in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("near")]:
        del sys.modules[name]


def function(source: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(source, namespace)
    return namespace["f"]


def fingerprint(source: str) -> Fingerprint:
    found = Fingerprints(function(source)).function
    assert found.incomparable == ()
    return found


@pytest.mark.parametrize(("script", "file"), SCRIPTS.values(), ids=SCRIPTS)
def test_a_module_of_the_users_counts_as_it_stands_in_its_file(beside: Path, script: str, file: str) -> None:
    before = fingerprint(script)
    (beside / "near_three.py").write_text("def g(x): return 2")  # nobody names it
    path = beside / file
    source = path.read_text()
    path.write_text(f'"says"\n\n# new\n{source}')
    assert fingerprint(script) == before
    path.write_text(source.replace("1", "2"))
    assert fingerprint(script) != before


def test_an_input_of_a_users_module_counts_with_it(beside: Path) -> None:
    import near_one  # type: ignore[import-not-found, unused-ignore]

    before = Fingerprints(abs).of_input((near_one.C(),), {})
    assert Fingerprints(abs).of_input((near_one.C(),), {}) == before
    (beside / "near_two.py").write_text("def g(x): return 2")
    assert Fingerprints(abs).of_input((near_one.C(),), {}) != before


def test_a_module_that_is_registered_by_value_counts_by_what_is_named(beside: Path) -> None:
    import near_one

    cloudpickle.register_pickle_by_value(near_one)
    try:
        script = "from near_one import g\ndef f(x): return g(x)"
        before = fingerprint(script)
        (beside / "near_two.py").write_text("def g(x): return 2")
        assert fingerprint(script) == before
        near_one.g.__defaults__ = (2,)
        assert fingerprint(script) != before
    finally:
        cloudpickle.unregister_pickle_by_value(near_one)


def test_a_module_that_is_no_source_counts_as_a_file(beside: Path) -> None:
    script = "def f(x):\n    import near_binary"
    found = []
    for content in (b"one", b"two"):
        (beside / "near_binary.so").write_bytes(content)
        importlib.invalidate_caches()
        found.append(fingerprint(script))
    assert found[0] != found[1]


def test_an_installed_module_counts_by_the_version_of_its_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from htmap_core.fingerprints import origins

    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "far_away.py").write_text("def g(x): return 1")
    monkeypatch.syspath_prepend(str(folder))
    script = "def f(x):\n    import far_away\n    return far_away.g(x)"

    def installed(version: str) -> Fingerprint:
        for each in folder.glob("*.dist-info"):
            for file in each.iterdir():
                file.unlink()
            each.rmdir()
        info = folder / f"far_away-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: far-away\nVersion: {version}\n")
        (info / "RECORD").write_text("far_away.py,,\n")
        importlib.invalidate_caches()
        origins._distributions.cache_clear()
        return fingerprint(script)

    before = installed("1.0")
    assert before == installed("1.0")
    assert before != installed("1.1")


def test_a_function_that_is_by_name_in_a_module_without_a_file_is_incomparable(monkeypatch: pytest.MonkeyPatch) -> None:
    made = types.ModuleType("made_by_nobody")
    exec("def g(x): return 1", made.__dict__)
    monkeypatch.setitem(sys.modules, "made_by_nobody", made)
    assert [each.where for each in Fingerprints(made.g).function.incomparable] == ["function"]
    script = "import made_by_nobody\ndef f(x): return made_by_nobody.g(x)"
    assert len(Fingerprints(function(script)).function.incomparable) == 1


def test_htmap_and_installed_packages_are_named_and_not_walked() -> None:
    found = Fingerprints(lambda x: (htmap.checkpoint, attrs.asdict(x))).function
    assert found.incomparable == ()
