"""scikit-learn searches parameters through joblib, of which htmap-joblib is a backend."""

from __future__ import annotations

from pathlib import Path

import pytest

joblib = pytest.importorskip("joblib", reason="`make test-ecosystem` has it")
sklearn = pytest.importorskip("sklearn", reason="`make test-ecosystem` has it")
pytest.importorskip("htmap_joblib")

pytestmark = pytest.mark.pool


def test_a_search_of_parameters_finds_what_it_finds_here(personal_pool: Path) -> None:
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    flowers, kinds = load_iris(return_X_y=True)

    def best(search: GridSearchCV) -> tuple[object, float]:
        search.fit(flowers, kinds)
        return search.best_params_, search.best_score_

    search = GridSearchCV(LogisticRegression(max_iter=1000), {"C": [0.1, 1, 10]}, cv=3)
    here = best(search)
    with joblib.parallel_config("htmap"):
        assert best(search.set_params(n_jobs=-1)) == here
