"""The lessons: they run, what they show is what they store, and their prose is executed."""

import base64
import io
import re
from types import SimpleNamespace
from urllib.parse import unquote

import nbformat
import pytest
from PIL import Image

from notebooks.run import LESSONS, run


@pytest.fixture(scope="module", params=LESSONS, ids=[path.stem for path in LESSONS])
def lesson(request):
    """A lesson as it is stored, and as it is after a run."""
    stored = nbformat.read(request.param, as_version=4)
    return SimpleNamespace(stored=stored, fresh=run(request.param))


def outputs(lesson):
    return [(cell.id, output) for cell in lesson.cells for output in cell.get("outputs", [])]


def picture(data):
    """The SVG of a drawing, or the still picture of a player."""
    still = re.search(r'src="data:image/svg[^,]*,([^"]+)"', data.get("text/html", ""))
    return data.get("image/svg+xml") or (unquote(still[1]) if still else "")


def texts(lesson):
    """What each cell prints and returns, and the words in its pictures."""
    for cell, output in outputs(lesson):
        data = output.get("data", {})
        words = re.findall(r">([^<>]+)<", picture(data))
        yield cell, output.get("text"), data.get("text/plain"), sorted(data), sorted(words)


def pictures(lesson):
    for cell, output in outputs(lesson):
        data = output.get("data", {})
        svg, png = data.get("image/svg+xml"), data.get("image/png")
        # The PNG beside an SVG shows the same; what paints it depends on the system. Of others
        # the pixels count rather than the bytes, which depend on the machine's zlib.
        plot = Image.open(io.BytesIO(base64.b64decode(png))).tobytes() if png and not svg else None
        yield cell, svg, data.get("text/html"), plot


def changed(stored, fresh):
    """The cells whose outputs differ; the outputs themselves are too long for a message."""
    return {old[0] for old, new in zip(stored, fresh, strict=True) if old != new}


def test_there_are_lessons():
    assert [path.stem for path in LESSONS][:3] == [
        "01-derivatives-as-nudges",
        "02-the-computation-graph",
        "03-from-scalars-to-matrices",
    ]


def test_no_cell_complains(lesson):
    for cell, output in outputs(lesson.fresh):
        assert output.output_type != "error", cell
        assert output.get("name") != "stderr", (cell, output.text)


def test_the_stored_texts_are_those_of_a_run(lesson):
    assert not changed(texts(lesson.stored), texts(lesson.fresh)), "run `make notebooks`"


def test_the_stored_pictures_are_those_of_a_run(lesson):
    if lesson.stored.metadata.drawn_by != lesson.fresh.metadata.drawn_by:
        pytest.skip("the stored pictures were drawn by other versions of the libraries")
    assert not changed(pictures(lesson.stored), pictures(lesson.fresh)), "run `make notebooks`"


def test_nothing_else_is_stored(lesson):
    """No counts, times, tags or versions of the Python that happened to run it."""
    for old, new in zip(lesson.stored.cells, lesson.fresh.cells, strict=True):
        assert {**old, "outputs": []} == {**new, "outputs": []}
    unversioned = {"drawn_by": {}}
    assert lesson.stored.metadata | unversioned == lesson.fresh.metadata | unversioned


def test_the_numbers_in_the_prose_are_executed(lesson):
    """Each stands in a program or in what it shows."""

    def numbers(text):
        found = re.findall(r"(?<![\w.])\d+(?:[,_]\d{3})*(?:\.\d+)?", text)
        return {float(each.replace(",", "").replace("_", "")) for each in found}

    executed = set()
    for cell in lesson.stored.cells:
        if cell.cell_type == "code":
            executed |= numbers(cell.source)
    for _, text, plain, _, words in texts(lesson.stored):
        executed |= numbers(" ".join([text or "", plain or "", *words]))
    for cell in lesson.stored.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"\]\(.*?\)|^#.*$", "", cell.source, flags=re.MULTILINE)
            assert numbers(prose) <= executed, cell.id
