"""Names that slides spell otherwise are answered with the right ones."""

from __future__ import annotations

import pytest

import nn

NAMES = {
    "BinaryCrossEntropy": "BinaryCrossentropy",
    "CategoricalCrossEntropy": "CategoricalCrossentropy",
    "SparseCategoricalCrossEntropy": "SparseCategoricalCrossentropy",
    "SparseCrossEntropy": "SparseCategoricalCrossentropy",
}


@pytest.mark.parametrize("name", NAMES)
def test_spellings_of_slides_are_answered_with_the_right_one(name: str):
    for module in (nn, nn.losses):
        with pytest.raises(AttributeError, match=f"write {NAMES[name]}$"):
            getattr(module, name)
        with pytest.raises(ImportError, match=f"write {NAMES[name]}$"):
            exec(f"from {module.__name__} import {name}")
        assert not hasattr(module, name)


def test_other_names_are_missing_as_everywhere():
    with pytest.raises(AttributeError, match=r"module 'nn' has no attribute 'Nothing'$"):
        _ = nn.Nothing
    with pytest.raises(ImportError, match="cannot import name 'Nothing'"):
        exec("from nn import Nothing")


def test_what_autograd_has_is_imported_from_there():
    with pytest.raises(AttributeError, match=r"'softmax': write from autograd import softmax$"):
        _ = nn.softmax
    with pytest.raises(ImportError, match=r"'softmax': write from autograd import softmax$"):
        exec("from nn import softmax")


def test_python_suggests_what_is_spelled_alike():
    with pytest.raises(AttributeError) as caught:
        _ = nn.Dence
    assert (caught.value.name, caught.value.obj) == ("Dence", nn)


def test_dotted_paths():
    assert nn.layers.Dense is nn.Dense
    assert nn.losses.SparseCategoricalCrossentropy is nn.SparseCategoricalCrossentropy
    assert nn.optimizers.SGD is nn.SGD
