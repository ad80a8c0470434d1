"""History: a dict of lists that plots itself."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import nn
from nn import History


def test_it_is_a_dict_of_lists():
    history = History(loss=[0.75, 0.5])
    history.add({"loss": 0.25, "accuracy": 1.0})
    assert history == {"loss": [0.75, 0.5, 0.25], "accuracy": [1.0]}
    assert history.epochs == 3
    history.steps_per_epoch = 7
    assert repr(history) == "History(3 epochs of 7 steps: loss 0.25, accuracy 1)"
    assert repr(History(loss=[0.5])) == "History(1 epoch of 0 steps: loss 0.5)"
    history.stopped = "Ctrl-C"
    assert repr(history).endswith("accuracy 1, stopped: Ctrl-C)")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("history", r'it is the dict of numbers itself, write history\["loss"\]$'),
        ("accuracy", r'write history\["accuracy"\]$'),
        ("los", "a History has no los$"),
    ],
)
def test_numbers_asked_for_as_attributes_are_answered_with_what_to_write(name: str, words: str):
    history = History(loss=[0.5], accuracy=[1.0])
    with pytest.raises(AttributeError, match=words):
        getattr(history, name)
    again = pickle.loads(pickle.dumps(history))
    assert (again, again.stopped) == (history, "")


def test_it_plots_itself():
    history = History(loss=[0.75, 0.5], val_loss=[0.8, 0.7], accuracy=[0.5, 1.0])
    axes = history.plot()
    assert axes.get_legend_handles_labels()[1] == ["loss", "val loss"]
    png = history._repr_png_()
    assert png is not None
    assert png.startswith(b"\x89PNG")
    assert History(loss=[])._repr_png_() is None


def test_pictures_are_imported_when_it_is_plotted():
    script = "import sys, nn; nn.History(loss=[1.0]); assert 'viz' not in sys.modules"
    root = Path(nn.__file__).parents[1]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True)
