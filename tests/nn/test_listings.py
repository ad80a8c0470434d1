"""Programs in the words of the lectures: they run as written, but for the import lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value
from viz import draw_network

IMPORTS = """
import numpy as np
import nn
from autograd import sigmoid, softmax
from nn import Adam, Dense, MeanSquaredError, Sequential
from nn import BinaryCrossentropy, SparseCategoricalCrossentropy
"""

# Each has X and Y, and leaves its model and what it predicts.
LISTINGS = {
    "digits 0 and 1, layer by layer": """
        layer_1 = Dense(units=25, activation='sigmoid')
        layer_2 = Dense(units=15, activation='sigmoid')
        layer_3 = Dense(units=1, activation='sigmoid')
        model = Sequential([layer_1, layer_2, layer_3])
        model.compile(loss=BinaryCrossentropy())
        model.fit(X, Y, epochs=100)
        predictions = model.predict(X)
        """,
    "digits 0 and 1": """
        model = Sequential([
            Dense(units=25, activation='sigmoid'),
            Dense(units=15, activation='sigmoid'),
            Dense(units=1, activation='sigmoid')])
        model.compile(loss=BinaryCrossentropy())
        model.fit(X, Y, epochs=100)
        predictions = model(X)
        """,
    "activations chosen": """
        model = Sequential([
            Dense(units=25, activation='relu'),
            Dense(units=15, activation='relu'),
            Dense(units=1, activation='sigmoid')])
        model.compile(loss=BinaryCrossentropy())
        model.fit(X, Y.reshape(-1, 1), epochs=100)
        predictions = model.predict(X)
        """,
    "a number of either sign": """
        layers = [Dense(units=25, activation='relu'), Dense(units=1, activation='linear')]
        model = Sequential(layers)
        model.compile(loss=MeanSquaredError(), optimizer=Adam(learning_rate=1e-3))
        model.fit(X, Y, epochs=100)
        predictions = model(X)
        """,
    "a number that is not negative": """
        model = Sequential([Dense(15, activation='relu'), Dense(1, activation='relu')])
        model.compile(loss='mean_squared_error', optimizer='adam')
        model.fit(X, Y, epochs=100)
        predictions = model.predict(X)
        """,
    "ten classes": """
        model = Sequential([
            Dense(units=25, activation='relu'),
            Dense(units=15, activation='relu'),
            Dense(units=10, activation='softmax')])
        model.compile(loss=SparseCategoricalCrossentropy())
        model.fit(X, K, epochs=100)
        predictions = model.predict(X)
        """,
    "ten classes, improved": """
        model = Sequential([
            Dense(units=25, activation='relu'),
            Dense(units=15, activation='relu'),
            Dense(units=10, activation='linear')])
        model.compile(loss=SparseCategoricalCrossentropy(from_logits=True))
        model.fit(X, K, epochs=100)
        logits = model(X)
        f_x = softmax(logits)
        predictions = f_x
        """,
    "yes or no, improved": """
        model = Sequential([
            Dense(units=25, activation='sigmoid'),
            Dense(units=15, activation='sigmoid'),
            Dense(units=1, activation='linear')])
        model.compile(Adam(), BinaryCrossentropy(from_logits=True))
        model.fit(X, Y, epochs=100)
        logit = model(X)
        f_x = sigmoid(logit)
        predictions = f_x
        """,
    "pictures": """
        images = K_images.reshape(len(K), 64)
        images = images.astype('float32')
        images = images / 255
        model = Sequential([
            Dense(25, activation='relu', input_shape=(64,)),
            Dense(10, activation='softmax')])
        model.summary()
        model.compile(optimizer='adam', loss=SparseCategoricalCrossentropy(),
                      metrics=['accuracy'])
        model.fit(images, K, epochs=100, batch_size=8)
        X = images
        predictions = model.predict(images)
        """,
    "Adam": """
        model = Sequential([
            Dense(units=25, activation='sigmoid'),
            Dense(units=15, activation='sigmoid'),
            Dense(units=10, activation='linear')])
        model.compile(optimizer=Adam(learning_rate=1e-3),
                      loss=SparseCategoricalCrossentropy(from_logits=True))
        model.fit(X, K, epochs=100)
        predictions = softmax(model(X))
        """,
    "dotted paths": """
        model = nn.Sequential([
            nn.layers.Dense(units=25, activation='relu'),
            nn.layers.Dense(units=10, activation='linear')])
        model.compile(optimizer=nn.optimizers.Adam(learning_rate=1e-3),
                      loss=nn.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(X, K, epochs=100)
        predictions = softmax(model(X))
        """,
}


@pytest.fixture
def examples() -> dict[str, Any]:
    generator = np.random.default_rng(1)
    X = generator.normal(size=(20, 6))
    K = np.arange(20) % 10
    images = (generator.random((20, 8, 8)) * 255).astype("uint8")
    return {"X": X, "Y": (X[:, 0] > 0) * 1, "K": K, "K_images": images}


@pytest.mark.parametrize("name", LISTINGS)
def test_listings_of_the_lectures_run_as_written(name: str, examples, capsys):
    exec(IMPORTS + "\n".join(map(str.strip, _joined(LISTINGS[name]))), examples)
    model, X, predictions = examples["model"], examples["X"], examples["predictions"]
    outputs = len(model(X[0]))
    assert np.shape(predictions) == (20, outputs)
    if outputs == 10:
        assert np.sum(predictions, axis=1) == pytest.approx(1.0)
        assert set(np.argmax(predictions, axis=1).tolist()) <= set(range(10))
    else:
        assert set(((np.asarray(predictions) > 0.5) * 1).ravel().tolist()) <= {0, 1}
    # The weights that were trained are in the Values: an example is recorded with them.
    recorded = [float(a) for a in model(X[0])]
    assert recorded == pytest.approx(model.predict(X[:1])[0], rel=1e-9)
    assert isinstance(model(X[0])[0], Value)
    # The picture shows the errors of the loss that the model was compiled with.
    y = examples["K" if outputs == 10 else "Y"][0]
    assert "δ" in draw_network(model, X[0], y).source


def _joined(listing: str) -> list[str]:
    """The lines of a listing, those inside of brackets put together."""
    lines: list[str] = []
    depth = 0
    for line in listing.splitlines():
        if depth:
            lines[-1] += line.strip()
        else:
            lines.append(line)
        depth += sum(line.count(c) for c in "([") - sum(line.count(c) for c in ")]")
    return lines
