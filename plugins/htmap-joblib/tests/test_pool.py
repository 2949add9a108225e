"""Programs of users, on a pool."""

from __future__ import annotations

import importlib
import time
from pathlib import Path
from typing import Any

import htmap_joblib
import joblib
import pytest
from joblib import Parallel, delayed

import htmap
from htmap_core.testing import eventually

pytestmark = pytest.mark.pool

del htmap_joblib


def tags() -> list[str]:
    return list(htmap.get_tags())


@pytest.fixture(autouse=True)
def pool(personal_pool: Path) -> Path:
    return personal_pool


def test_tasks_run_in_jobs_and_what_they_share_is_on_disk_once(pool: Path) -> None:
    def total(number: int, sea: bytes) -> int:
        time.sleep(0.2)
        return number + sum(sea)

    sea = b"\1" * 6_000_000
    with joblib.parallel_config("htmap", n_jobs=4):
        results = Parallel(return_as="generator", batch_size=1)(delayed(total)(number, sea) for number in range(6))
        found = [next(results)]
        stored = [path.stat().st_size for path in pool.glob("maps/*/arguments/*/*")]
        found += results
    assert found == [6_000_000 + number for number in range(6)]
    assert [size // 1_000_000 for size in stored] == [6]
    assert tags() == []


def test_all_slots_are_counted() -> None:
    with joblib.parallel_config("htmap"):
        assert joblib.effective_n_jobs(-1) == htmap.Executor().slots() > 1


def test_an_error_ends_it_and_takes_what_waits_out_of_the_queue() -> None:
    def fails(number: int) -> None:
        if number:
            time.sleep(600)
        raise LookupError("no tide")

    with joblib.parallel_config("htmap", tag="tide", n_jobs=30), pytest.raises(LookupError, match="no tide"):
        Parallel(batch_size=1)(delayed(fails)(number) for number in range(30))
    tide = htmap.load("tide")
    states = htmap.ComponentStatus
    eventually(lambda: not tide.components_by_status()[states.IDLE], says="queued batches are removed")
    tide.remove(force=True)


def test_a_held_job_is_an_error_and_not_a_hang() -> None:
    options: dict[str, Any] = {"tag": "held", "patience": 0.5, "hold": True}
    with joblib.parallel_config("htmap", n_jobs=2, **options), pytest.raises(htmap.exceptions.MapComponentHeld):
        Parallel()(delayed(abs)(number) for number in range(2))
    htmap.load("held").remove()


def test_a_grid_search_runs_over_the_pool() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    datasets, svm = (importlib.import_module(f"sklearn.{name}") for name in ("datasets", "svm"))
    x, y = datasets.load_digits(return_X_y=True)
    grid: dict[str, Any] = {"C": [0.1, 1, 10], "gamma": [0.001, 0.01]}
    search = selection.GridSearchCV(svm.SVC(), grid, cv=3)
    with joblib.parallel_config("htmap", request_memory="1GB"):
        search.fit(x, y)
        scores = selection.cross_val_score(svm.SVC(C=10, gamma=0.001), x, y, cv=3)
    alone = selection.GridSearchCV(svm.SVC(), grid, cv=3).fit(x, y)
    assert search.best_params_ == alone.best_params_
    assert (search.cv_results_["mean_test_score"] == alone.cv_results_["mean_test_score"]).all()
    assert len(scores) == 3


def test_a_forest_grows_over_the_pool_and_within_the_jobs_of_a_search() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    datasets, ensemble = (importlib.import_module(f"sklearn.{name}") for name in ("datasets", "ensemble"))
    x, y = datasets.load_iris(return_X_y=True)
    forest = ensemble.RandomForestClassifier(n_estimators=12, n_jobs=4, random_state=1)
    alone = ensemble.RandomForestClassifier(n_estimators=12, random_state=1).fit(x, y)
    with joblib.parallel_config("htmap", request_memory="1GB"):
        assert (forest.fit(x, y).predict_proba(x) == alone.predict_proba(x)).all()
        search = selection.GridSearchCV(forest, {"max_depth": [2, 5]}, cv=2).fit(x, y)
    assert len(search.cv_results_["mean_test_score"]) == 2
