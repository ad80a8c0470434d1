"""Fixtures for the graphs of the worked examples."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graphs import GRAPHS, slide

from autograd import Value


@pytest.fixture(params=GRAPHS, ids=[graph.__name__ for graph in GRAPHS])
def graph(request: pytest.FixtureRequest) -> Callable[[], Value]:
    """Each of the worked examples in turn, as a function that records it anew."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def J() -> Value:
    """Worked example 2, not yet swept."""
    return slide()
