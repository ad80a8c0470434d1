"""EarlyStopping: what counts as better, and when it is enough."""

import pytest

from nn import EarlyStopping, Neuron


def stopped_at(stopping, numbers, name="val_loss", model=None):
    """The epoch at which it stops; the bias of the model is the number of the epoch."""
    model = model or Neuron(1)
    stopping.begin()
    for epoch, number in enumerate(numbers, 1):
        model.bias.data = float(epoch)
        try:
            stopping(model, epoch, {"loss": 9.0, name: number})
        except StopIteration:
            break
    stopping.end(model)
    return epoch


@pytest.mark.parametrize(
    ("options", "name", "numbers", "stops", "best"),
    [
        ({"patience": 2}, "val_loss", [3, 2, 2.5, 2.1, 1], 4, 2),
        ({"patience": 2}, "val_loss", [3, 2, 2, 1, 1.5], 5, 4),
        ({"patience": 1, "min_delta": 0.5}, "val_loss", [3, 2, 1.8, 0], 3, 2),
        ({"patience": 1, "monitor": "accuracy"}, "accuracy", [0.5, 0.7, 0.6, 0.9], 3, 2),
        ({"patience": 1, "monitor": "val_mae"}, "val_mae", [3, 2, 4], 3, 2),
        (
            {"patience": 1, "monitor": "cost", "smaller_is_better": True},
            "cost",
            [3, 2, 4],
            3,
            2,
        ),
    ],
)
def test_it_stops_after_as_many_epochs_that_are_no_better(options, name, numbers, stops, best):
    model = Neuron(1)
    stopping = EarlyStopping(**options)
    assert stopped_at(stopping, numbers, name, model) == stops
    assert stopping.best_epoch == best
    assert stopping.best == numbers[best - 1]
    assert model.bias.data == best
    # It begins anew with each fit.
    assert stopped_at(stopping, numbers, name) == stops


def test_weights_stay_where_they_are_not_asked_back():
    model = Neuron(1)
    stopped_at(EarlyStopping(2, restore_best_weights=False), [1, 2, 3, 4], model=model)
    assert model.bias.data == 3


def test_without_validation_data_it_watches_the_loss():
    stopping = EarlyStopping(patience=3)
    stopping(Neuron(1), 1, {"loss": 0.5, "accuracy": 1.0})
    assert stopping.best == 0.5


def test_settings_that_are_none():
    with pytest.raises(ValueError, match="patience must be at least 1, not 0"):
        EarlyStopping(0)
    with pytest.raises(ValueError, match="min_delta must be at least 0"):
        EarlyStopping(min_delta=-1.0)
    with pytest.raises(ValueError, match="monitors 'val_accuracy', but fit measures loss"):
        EarlyStopping(monitor="val_accuracy")(Neuron(1), 1, {"loss": 1.0})
