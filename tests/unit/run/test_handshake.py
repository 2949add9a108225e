"""No code runs on a Python that it was not compiled for: the defect that crashed interpreters and returned wrong results."""

from __future__ import annotations

import pickle
import re
import sys
from typing import TYPE_CHECKING, Any

import cloudpickle
import pytest

from htmap_run import codes
from tests.golden_files import Golden

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
ALLOWED: dict[str, Any] = {"allow_mismatch": True, "by_value": False}
PYTHONS = {
    re.compile(r"CPython [\d.]*\d"): "PYTHON",
    re.compile(r"\(cloudpickle \S+\)"): "CLOUDPICKLE",
    re.compile(r"(?<= at )/\S+ on \S+(?=\. )"): "PATH AND HOST",
}
TRAP = b"cos\n_exit\n(I77\ntR."  # ends the process where it is unpickled


def test_another_python_refuses_with_a_readable_report(jobs: Jobs, other_python: Interpreter, golden: Golden) -> None:
    scratch = jobs.scratch("def function(x): return x", [0, 1])

    ran = jobs.run_in(scratch, "0-1", other_python)

    there = ".".join(map(str, other_python.version[:2]))
    assert ran.exit_code == codes.REFUSED
    assert ran.statuses == ["REFUSED", "REFUSED"]
    golden("run/another-python-refuses-with-a-readable-report", ran.error(1)["text"], hide=PYTHONS)
    assert {f"CPython {HERE}", f"CPython {there}"} <= set(re.findall(r"CPython \d+\.\d+", ran.error(1)["text"]))
    assert str(other_python.path.parent) in ran.error(1)["text"]
    assert f"CPython {HERE}" in ran.error(1)["advice"]
    golden("run/another-python-refuses-with-advice", ran.error(1)["advice"], hide=PYTHONS)
    assert ran.error(1)["text"] in ran.output("stderr", 1)


def test_what_many_refused_components_have_in_common_is_told_once(jobs: Jobs, other_python: Interpreter) -> None:
    ran = jobs.run_in(jobs.scratch("def function(x): return x", range(3)), "0-2", other_python)

    assert [bool(ran.error(component)["scratch"]) for component in range(3)] == [True, False, False]
    assert ran.error(0)["text"] == ran.error(2)["text"]


def test_nothing_is_unpickled_before_the_refusal(jobs: Jobs, other_python: Interpreter) -> None:
    ran = jobs.run_in(jobs.scratch(TRAP, [TRAP]), python=other_python)

    assert ran.exit_code == codes.REFUSED


@pytest.mark.parametrize("index", [{"implementation": "PyPy"}, {"cloudpickle": "1.6.0"}], ids=str)
def test_another_implementation_or_cloudpickle_is_refused_too(jobs: Jobs, index: dict[str, Any]) -> None:
    ran = jobs.run_in(jobs.scratch(TRAP, index=index))

    assert ran.exit_code == codes.REFUSED
    assert next(iter(index.values())) in ran.error()["text"]


def test_another_patch_release_is_the_same_python(jobs: Jobs) -> None:
    index = {"python": [*sys.version_info[:2], 99], "cloudpickle": f"{cloudpickle.__version__.partition('.')[0]}.99"}

    assert jobs.run_in(jobs.scratch("def function(x): return x", [5], index=index)).value() == 5


def test_the_setting_does_not_allow_code_by_value(jobs: Jobs, other_python: Interpreter, golden: Golden) -> None:
    scratch = jobs.scratch(TRAP, index={"allow_mismatch": True, "by_value": True})

    ran = jobs.run_in(scratch, python=other_python)

    assert ran.exit_code == codes.REFUSED
    golden("run/the-setting-does-not-allow-code-by-value", ran.error()["advice"], hide=PYTHONS)


def test_the_setting_allows_a_function_that_is_imported(jobs: Jobs, other_python: Interpreter) -> None:
    scratch = jobs.scratch(pickle.dumps(abs, 5), [-1, -2.5], index=ALLOWED)

    ran = jobs.run_in(scratch, "0-1", other_python)

    assert ran.exit_code == codes.OK
    assert [ran.value(0), ran.value(1)] == [1, 2.5]


def test_an_input_with_code_is_refused_and_the_others_run(
    jobs: Jobs, other_python: Interpreter, golden: Golden
) -> None:
    code = cloudpickle.dumps(((lambda: 1,), {}))
    scratch = jobs.scratch(pickle.dumps(repr, 5), index=ALLOWED)
    jobs.block(scratch, 0, 0, [1, code, "code"], by_value=[1])

    ran = jobs.run_in(scratch, "0-2", other_python)

    assert ran.exit_code == codes.COMPONENT_FAILED
    assert ran.statuses == ["OK", "REFUSED", "OK"]
    golden("run/an-input-with-code-is-refused-and-the-others-run-1", ran.error(1)["text"], hide=PYTHONS)
    golden("run/an-input-with-code-is-refused-and-the-others-run-2", ran.error(1)["advice"])


def test_a_result_with_code_is_that_components_error(jobs: Jobs, other_python: Interpreter, golden: Golden) -> None:
    scratch = jobs.scratch(pickle.dumps(eval, 5), ["1", "lambda: 1", "len"], index=ALLOWED)

    ran = jobs.run_in(scratch, "0-2", other_python)

    assert ran.exit_code == codes.COMPONENT_FAILED
    assert ran.statuses == ["OK", "ERR", "OK"]
    assert ran.error(1)["type"] == "htmap.ResultCarriesCode"
    golden("run/a-result-with-code-is-that-components-error", ran.error(1)["text"])


def test_an_exception_with_code_comes_back_in_words_only(jobs: Jobs, other_python: Interpreter) -> None:
    program = (
        "(_ for _ in ()).throw(type('Own', (Exception,), {'__module__': '__main__', 'm': lambda self: 1})('told'))"
    )

    ran = jobs.run_in(jobs.scratch(pickle.dumps(eval, 5), [program], index=ALLOWED), python=other_python)

    assert ran.error()["message"] == "told"
    assert ran.results.payload() == b""
