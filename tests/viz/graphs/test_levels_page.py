"""The page in which a folded graph unfolds by a click."""

from __future__ import annotations

import re

import pytest
from graphs import network_loss

from autograd import Value
from nn import MLP, MeanSquaredError
from viz import draw


def levels(text):
    return re.findall(r'<section id="(\w+)"( class=first)?>', text)


def save(J, folder, **more):
    path = folder / "J.html"
    draw(J, path, **more)
    return path


@pytest.fixture
def page(browser, tmp_path):
    page = browser.open(save(network_loss([3, 3, 1], examples=2), tmp_path))
    yield page
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith("file:")] == []


def visible(page):
    return page.run(
        "[...document.querySelectorAll('section')]"
        ".filter(e => getComputedStyle(e).display !== 'none').map(e => e.id)"
    )


def test_a_click_on_a_box_goes_to_what_it_unfolds_into(page):
    assert visible(page) == ["layers"]
    assert page.text("#layers h1") == "J: layers"
    page.click("#layers5 a")  # z[1] of the layer
    assert visible(page) == ["neurons"]
    assert page.run(
        "document.querySelector(':target').querySelector('text').textContent"
    ).startswith("z₁⁽¹⁾ =")
    assert page.text("#neurons .hint").endswith("Back in the browser.")
    inside = (
        "(() => {const [outer, inner] = ['OUTER', 'INNER'].map(e => "
        "document.querySelector(e).getBoundingClientRect());"
        "return outer.left <= inner.left && inner.right <= outer.right"
        " && outer.top <= inner.top && inner.bottom <= outer.bottom})()"
    )
    assert page.run(inside.replace("OUTER", "#neurons .picture").replace("INNER", ":target"))
    assert page.run("document.querySelector('#neurons nav').getBoundingClientRect().top") > 0
    page.click(":target a")
    assert visible(page) == ["values"]
    assert page.run(
        "document.querySelector(':target').querySelector('text').textContent"
    ).startswith("z₁⁽¹⁾ =")
    assert page.run("document.querySelectorAll('#values g a').length") == 0
    page.run("history.back(); 0")
    page.until("getComputedStyle(document.querySelector('#neurons')).display !== 'none'")


def test_levels_can_be_chosen(page):
    for name in ("values", "neurons", "layers"):
        page.click(f"#{visible(page)[0]} nav [href='#{name}']")
        assert visible(page) == [name]
        assert page.text(f"#{name} [aria-current]") == name


def test_identifiers_are_unique(page):
    ids = page.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(set(ids)) == len(ids)
    links = page.run("[...document.querySelectorAll('svg g a')].map(e => e.href.baseVal)")
    assert {link[1:] for link in links} <= set(ids)


def test_boxes_are_reached_by_keys(page):
    page.run("document.querySelector('#layers nav a:last-child').focus()")
    page.key("Tab")
    assert page.run("document.activeElement.closest('g').id").startswith("layers")


def test_only_what_is_legible_is_in_the_page(tmp_path):
    text = save(network_loss([4, 1], examples=30), tmp_path).read_text("utf-8")
    assert levels(text) == [("layers", " class=first"), ("neurons", "")]  # 406 values
    assert "<script" not in text
    assert "http" not in re.sub(r"http-equiv|http://www.w3.org/2000/svg", "", text)


@pytest.mark.parametrize("detail", ["neurons", "numbers", "full"])
def test_the_page_opens_at_the_detail_that_is_asked_for(detail, tmp_path):
    text = save(network_loss([3, 1]), tmp_path, detail=detail).read_text("utf-8")
    opened = detail if detail == "neurons" else "values"
    assert [name for name, first in levels(text) if first] == [opened]


def test_a_graph_that_does_not_fold_is_one_picture(J, tmp_path):
    text = save(J, tmp_path).read_text("utf-8")
    assert levels(text) == [("values", " class=first")]
    assert "<nav" not in text
    assert "<a " not in text
    assert "<p" not in text.replace("<path", "")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_has_the_theme_of_the_picture(browser, J, tmp_path, theme):
    page = browser.open(save(J, tmp_path, theme=theme))
    paper = "rgb(17, 17, 17)" if theme == "dark" else "rgb(255, 255, 255)"
    assert page.run("getComputedStyle(document.body).backgroundColor") == paper


@pytest.mark.parametrize("label", ["</script>", '"]; evil [', "<img src=x onerror=alert(1)>", "\\"])
def test_labels_do_nothing_but_print(browser, tmp_path, label):
    x = Value(2, label)
    J = sum(x * Value(k, f"x_{k}") for k in range(1, 5))
    J.label = label
    page = browser.open(save(J, tmp_path))
    assert label in page.text("h1")
    assert label in page.text("section svg")
    assert page.run("document.querySelectorAll('img, script').length") == 0
    assert page.complaints == []


def test_a_saved_drawing_is_the_page_of_draw_with_the_numbers_of_that_time(J, tmp_path):
    J.backward()
    drawing, before = draw(J), save(J, tmp_path).read_bytes()
    J.inputs[1].inputs[0].data = 100.0
    J.forward()
    J.backward()
    assert drawing.save(tmp_path / "later.html").read_bytes() == before


def test_a_picture_with_links_is_no_single_image(page):
    assert page.run("document.querySelector('#layers svg').getAttribute('role')") == "group"
    assert page.run("document.querySelector('#values svg').getAttribute('role')") == "img"


def test_every_link_leads_to_something_on_the_page():
    # In full detail a leaf has its name on its wire, and no box.
    loss = MeanSquaredError()(1.0, MLP(2, [2, 1], seed=1)([0.5, -1.0]))
    loss.backward()
    page = draw(loss).pipe("html", encoding="utf-8")
    there = set(re.findall(r' id="([^"]+)"', page))
    links = set(re.findall(r'<a href="#([^"]+)"', page))
    assert links
    assert links <= there


def test_pictures_shrink_with_the_window():
    loss = MeanSquaredError()(1.0, MLP(2, [2, 1], seed=1)([0.5, -1.0]))
    page = draw(loss).pipe("html", encoding="utf-8")
    for least, most in re.findall(r'min-width:(\d+)pt"><svg.*?max-width:([\d.]+)pt', page):
        assert float(least) == pytest.approx(0.7 * float(most), abs=1.0)
    assert page.count("min-width:") == page.count("<section")
