"""The player in a real browser, headless Chromium; and its parts under Node's test runner."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

import viz
from autograd import Value, primitives
from viz import step_through
from viz.player.operations import literal

# What people type as labels, by mistake or not.
EVIL = [
    "</script>",
    '"]; evil [',
    "<img src=x onerror=alert(1)>",
    "back\\slash\\",
    "שלום",
    "\u202eturned",
    "🦊",
    "</svg><script>alert(1)</script>",
    "'; alert(1); '",
    "]]>&amp;&lt;%3Cscript%3E",
    "\ud800 alone",
]

VALUE = ".w{} .value"
GRADIENT = ".w{} .gradient"
PRODUCT = ".w{} .product"
BUTTON = "[aria-label='{}']"
FIELD = "[aria-label='Value of {}']"


@pytest.fixture
def page(browser, J, tmp_path):
    """The player of worked example 2."""
    page = browser.open(step_through(J).save(tmp_path / "J.html"))
    yield page
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []


def words(page, selector):
    """The text of a place in the picture, empty where it is not to be seen."""
    return page.run(
        f"(() => {{const e = document.querySelector({json.dumps(selector)});"
        "if (getComputedStyle(e).visibility !== 'visible') return '';"
        "return e.textContent})()"
    )


def caption(page):
    return page.run("[...document.querySelectorAll('.caption > div')].map(e => e.textContent)")


def counter(page):
    return page.text(".counter")


def test_starts_with_the_finished_picture(page):
    assert page.run("document.querySelectorAll('img').length") == 0
    assert counter(page) == "13 / 13"
    assert words(page, VALUE.format(5)) == "J = 33"
    assert words(page, GRADIENT.format(1)) == "dJ/db = 6"
    assert page.run("document.querySelector('svg .lit')") is None


def test_buttons(page):
    assert page.run("document.querySelector(\"[aria-label='Next']\").ariaDisabled") == "true"
    page.click(BUTTON.format("Previous"))
    assert page.run("document.querySelector(\"[aria-label='Next']\").ariaDisabled") == "false"
    assert counter(page) == "12 / 13"
    page.click(BUTTON.format("Next"))
    assert counter(page) == "13 / 13"
    page.click(BUTTON.format("Play"))
    assert counter(page) == "0 / 13"
    assert caption(page)[0].startswith("The graph of J = 3(a + bc)")
    page.until("document.querySelector('.counter').textContent === '1 / 13'")
    page.click(BUTTON.format("Pause"))
    assert page.run("document.querySelector(\"[aria-label='Play']\").textContent") == "Play"
    assert counter(page) == "1 / 13"


def test_keys_go_on_where_a_button_leads_no_further(page):
    page.click(BUTTON.format("Previous"))
    page.click(BUTTON.format("Next"))
    page.click(BUTTON.format("Next"))
    assert counter(page) == "13 / 13"
    page.key("ArrowLeft")
    assert counter(page) == "12 / 13"


def test_playing_ends_with_the_finished_picture(page):
    page.click("input[type=range]")  # its middle
    for _ in range(6):
        page.key("ArrowRight")
    assert counter(page) == "12 / 13"
    page.click(BUTTON.format("Play"))
    page.until("document.querySelector('.counter').textContent === '13 / 13'")
    assert page.run("document.querySelector(\"[aria-label='Play']\") !== null")


def test_slider(page):
    page.click("input[type=range]")
    assert counter(page) == "6 / 13"
    page.key("ArrowLeft")
    assert counter(page) == "5 / 13"


def test_keys(page):
    page.click(".stage")
    page.key("Home")
    assert counter(page) == "0 / 13"
    page.key("ArrowRight")
    page.key("ArrowRight")
    page.key("ArrowLeft")
    assert counter(page) == "1 / 13"
    page.key("End")
    assert counter(page) == "13 / 13"
    page.key(" ")
    assert counter(page) == "0 / 13"
    page.key(" ")
    assert page.run("document.querySelector(\"[aria-label='Play']\") !== null")


def test_keys_do_not_leak_to_the_notebook(page):
    page.run("leaked = []; addEventListener('keydown', e => leaked.push(e.key)); 0")
    page.click(".stage")
    for key in ("Home", "ArrowRight", "d", "x"):
        page.key(key)
    assert page.run("leaked") == []
    assert page.run("document.querySelector('.glassgrad').dataset.lmSuppressShortcuts") == "true"


def test_keys_in_a_field_are_for_the_field(page):
    page.click(FIELD.format("a"))
    page.key("Home")
    assert counter(page) == "13 / 13"


def test_every_step_shows_what_python_says(page, J):
    walk = step_through(J)
    page.click(".stage")
    page.key("Home")
    for k, told in enumerate(walk.captions):
        assert counter(page) == f"{k} / 13"
        assert "\n".join(filter(None, caption(page))) == told
        seen = sum(words(page, VALUE.format(i)) != "" for i in range(6))
        assert seen == min(k, 6)
        seen = sum(words(page, GRADIENT.format(i)) != "" for i in range(6))
        assert seen == max(0, min(k - 6, 6))
        page.key("ArrowRight")


def test_lights(page, J):
    names = "[...document.querySelectorAll('.lit')].map(e => e.parentNode.getAttribute('class'))"
    page.click(".stage")
    page.key("Home")
    for frame in step_through(J).frames:
        lit = [p.name for p in frame.scene.parts if any(s.width == 3 for s in p.shapes)]
        assert page.run(names) == lit
        backward = page.run("document.querySelector('svg').classList.contains('backward')")
        assert not lit or backward == any(
            shape.stroke == "gradient" for part in frame.scene.parts for shape in part.shapes
        )
        page.key("ArrowRight")


def test_a_leaf_is_typed(page):
    page.type(FIELD.format("b"), "-4")
    assert words(page, VALUE.format(1)) == "b = −4"
    assert words(page, VALUE.format(5)) == "J = −9"
    assert words(page, GRADIENT.format(2)) == "dJ/dc = −12"
    assert words(page, PRODUCT.format(2)) == "3 × (−4)"
    assert caption(page) == [
        "Finished: the gradients of the leaves.",
        "dJ/da = 3, dJ/db = 6, dJ/dc = −12",
    ]
    page.click(BUTTON.format("Previous"))
    assert caption(page)[1] == "dJ/dc = dJ/du × du/dc = 3 × (−4) = −12"
    page.click(BUTTON.format("Reset"))
    assert words(page, VALUE.format(5)) == "J = 33"
    assert page.run("document.querySelector(\"[aria-label='Value of b']\").value") == "3"


def test_half_typed_numbers_change_nothing(page):
    for text in ("", "-", "1e999"):
        page.type(FIELD.format("b"), text)
        assert words(page, VALUE.format(5)) == "J = 33"


def test_a_number_is_dragged(page):
    page.drag(VALUE.format(1), 40)
    assert words(page, VALUE.format(1)) == "b = 4"
    assert words(page, VALUE.format(5)) == "J = 39"
    page.drag(VALUE.format(1), -40, modifiers=8)  # with shift, ten times finer
    assert words(page, VALUE.format(1)) == "b = 3.9"
    assert page.run("document.activeElement.ariaLabel") == "Value of b"


def test_a_long_number_is_squeezed_into_its_place(page):
    page.type(FIELD.format("c"), "-1234.5678e-9")
    place = f"document.querySelector('{GRADIENT.format(1)}')"
    assert words(page, GRADIENT.format(1)) == "dJ/db ≈ −3.704×10⁻⁶"
    room = page.run("document.querySelector('.w1 > path').getBBox().width")
    assert page.run(f"{place}.getBBox().width") <= room + 17
    page.click(BUTTON.format("Reset"))
    assert not page.run(f"{place}.hasAttribute('textLength')")


def test_nudge(page):
    page.click("details:last-of-type summary")
    told = "document.querySelector('details:last-of-type .rule').textContent.split('\\n')"
    page.until(f"{told}[0]")
    assert page.run(told) == ["a: 5 → 5.001 moves J: 33 → 33.003.", "ΔJ = 0.003, dJ/da × ε = 0.003"]
    choose = (
        "(() => {const s = document.querySelector('select');"
        "s.value = [...s.options].find(o => o.text === 'NAME').value; s.onchange()})()"
    )
    page.run(choose.replace("NAME", "v"))
    assert page.run(told) == [
        "v: 11 → 11.001 moves J: 33 → 33.003.",
        "ΔJ = 0.003, dJ/dv × ε = 0.003",
    ]
    page.run(choose.replace("NAME", "b"))
    page.type("[aria-label^='ε']", "2")
    assert page.run(told)[1] == "ΔJ = 12, dJ/db × ε = 12"
    assert words(page, VALUE.format(5)) == "J = 33"


@pytest.mark.parametrize(
    ("power", "at", "nudge", "after", "change", "predicted"),
    [
        (2, 3, "0.001", "9.006001", "0.006001", "0.006"),
        (2, 3, "0.002", "9.012004", "0.012004", "0.012"),
        (2, -3, "0.001", "8.994001", "−0.005999", "−0.006"),
        (3, 2, "0.001", "8.012006001", "0.012006", "0.012"),
        (-1, 2, "0.001", "0.4997501249", "−0.0002498751", "−0.00025"),
    ],
)
def test_nudges_of_the_first_lecture(browser, tmp_path, power, at, nudge, after, change, predicted):
    w = Value(at, "w")
    page = browser.open(step_through(w**power).save(tmp_path / "w.html"))
    page.click("details:last-of-type summary")
    page.type("[aria-label^='ε']", nudge)
    told = page.text("details:last-of-type .rule")
    assert f"→ {after}." in told
    assert told.endswith(f"ΔJ = {change}, dJ/dw × ε = {predicted}")


def test_nudges_of_the_later_examples(browser, tmp_path):
    w, b, x, y = Value(2, "w"), Value(8, "b"), Value(-2, "x"), Value(2, "y")
    example5 = 0.5 * (w * x + b - y) ** 2
    x, y, b1, w2, b2 = Value(1), Value(5), Value(0), Value(3), Value(1)
    w1 = Value(2, "w")
    example6 = 0.5 * ((w2 * (w1 * x + b1).relu() + b2).relu() - y) ** 2
    for output, after in ((example5, "1.996002"), (example6, "2.0060045")):
        output.label = "J"
        page = browser.open(step_through(output).save(tmp_path / "J.html"))
        page.click("details:last-of-type summary")
        page.run(
            "document.querySelector('select').value = [...document.querySelector('select')"
            ".options].find(o => o.text === 'w').value; document.querySelector('select').onchange()"
        )
        assert f"moves J: 2 → {after}." in page.text("details:last-of-type .rule")


def test_a_value_outside_of_the_domain_is_marked(browser, tmp_path):
    x, k = Value(2, "x"), Value(3, "k")
    z = k * x
    z.label = "z"
    page = browser.open(step_through(z.log() + k).save(tmp_path / "J.html"))
    page.click("details:last-of-type summary")
    page.type(FIELD.format("x"), "-1")
    assert caption(page) == [
        "No value here; the rest is as it was.",
        "u = log(z) has no value at z = −3. log: The natural logarithm log x, for x > 0.",
    ]
    assert page.run("document.querySelector('.failed').parentNode.getAttribute('class')") == "n3"
    assert words(page, VALUE.format(2)) == "z = −3"
    assert words(page, VALUE.format(3)) == "u ≈ 1.792"
    assert words(page, VALUE.format(4)) == "J ≈ 4.792"
    assert words(page, GRADIENT.format(1)) == "dJ/dx = 0.5"
    page.type(FIELD.format("x"), "1")
    assert page.run("document.querySelector('.failed')") is None
    assert words(page, VALUE.format(4)) == "J ≈ 4.099"
    page.type("[aria-label^='ε']", "-5")
    assert page.text("details:last-of-type .rule") == "J has no value at k = −2."
    assert page.complaints == []


def test_two_players_in_one_page_are_kept_apart(browser, J, tmp_path):
    fragment = step_through(J)._repr_html_()
    file = tmp_path / "two.html"
    file.write_text(f"<!DOCTYPE html><meta charset=utf-8>{fragment}<p>{fragment}", "utf-8")
    page = browser.open(file)
    assert page.run("document.querySelectorAll('.glassgrad .stage svg').length") == 2
    assert page.run("document.querySelectorAll('[id]').length") == 0
    page.type(".glassgrad:last-of-type " + FIELD.format("b"), "-4")
    page.click(".glassgrad:last-of-type " + BUTTON.format("Previous"))
    assert page.run("[...document.querySelectorAll('.counter')].map(e => e.textContent)") == [
        "13 / 13",
        "12 / 13",
    ]
    texts = "[...document.querySelectorAll('.w5 .value')].map(e => e.textContent)"
    assert [text[:6] for text in page.run(texts)] == ["J = 33", "J = −9"]
    assert page.complaints == []


def test_a_script_that_runs_early_waits_for_its_output(browser, J, tmp_path):
    root, script = re.fullmatch(
        r"(.*)(<script>.*</script>)</div>", step_through(J)._repr_html_(), re.S
    ).groups()
    file = tmp_path / "early.html"
    file.write_text(
        f"<!DOCTYPE html><meta charset=utf-8>{script}<main></main><template>{root}</div></template>"
        "<script>setTimeout(() => document.querySelector('main').append("
        "document.querySelector('template').content), 100)</script>",
        "utf-8",
    )
    page = browser.open(file)
    page.until("document.querySelector('.counter')?.textContent === '13 / 13'")
    assert page.complaints == []


def test_a_script_that_is_made_anew_elsewhere_finds_its_output(browser, J, tmp_path):
    # As VS Code does it: the output is set as text, each script made again at the end, and gone.
    fragment = literal(step_through(J)._repr_html_())
    file = tmp_path / "anew.html"
    file.write_text(
        "<!DOCTYPE html><meta charset=utf-8><main></main><script>"
        f"document.querySelector('main').innerHTML = {fragment};"
        "for (const old of document.querySelectorAll('main script')) {"
        "const script = document.createElement('script'); script.text = old.text; old.remove();"
        "document.querySelector('main').append(script); script.remove(); }</script>",
        "utf-8",
    )
    page = browser.open(file)
    assert counter(page) == "13 / 13"
    assert page.complaints == []


def test_without_its_script_the_picture_is_shown(browser, J, tmp_path):
    kept = re.sub(r"<(script|style|svg)\b.*?</\1>", "", step_through(J)._repr_html_(), flags=re.S)
    file = tmp_path / "kept.html"
    file.write_text(f"<!DOCTYPE html><meta charset=utf-8>{kept}", "utf-8")
    page = browser.open(file)
    assert page.run("document.images[0].complete && document.images[0].naturalWidth") > 800
    assert page.complaints == []


@pytest.mark.parametrize("label", EVIL)
def test_labels_do_nothing_but_print(browser, tmp_path, label):
    x = Value(2, label)
    J = 3 * x
    J.label = label[::-1]
    walk = step_through(J)
    page = browser.open(walk.save(tmp_path / "J.html"))
    page.click(BUTTON.format("Previous"))
    shown = "".join(c if c.isprintable() else " " for c in label)
    assert shown.strip() in page.text("svg .w0 .gradient").replace("\u2068", "").replace(
        "\u2069", ""
    )
    assert shown.strip() in page.text(".rule").replace("\u2068", "").replace("\u2069", "")
    assert page.run("document.querySelectorAll('img, script').length") == 1  # its own
    assert page.complaints == []
    moving = browser.open(walk.save(tmp_path / "J.svg"))
    assert moving.run("document.querySelectorAll('script, image, foreignObject').length") == 0
    assert moving.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark", "circuit", None])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_themes(browser, J, tmp_path, theme, scheme):
    file = step_through(J, theme=theme).save(tmp_path / "J.html")
    page = browser.open(file, prefers_color_scheme=scheme)
    dark = theme == "dark" or (theme is None and scheme == "dark")
    paper = "rgb(17, 17, 17)" if dark else "rgb(255, 255, 255)"
    for selector, kind in ((".glassgrad", "backgroundColor"), ("svg .background", "fill")):
        style = f"getComputedStyle(document.querySelector('{selector}')).{kind}"
        assert page.run(style) == paper


def test_reduced_motion(browser, J, tmp_path):
    walk = step_through(J)
    still = browser.open(walk.save(tmp_path / "J.svg"), prefers_reduced_motion="reduce")
    assert still.run("document.getAnimations().length") == 0
    moving = browser.open(walk.save(tmp_path / "J.svg"), prefers_reduced_motion="no-preference")
    assert moving.run("document.getAnimations().length") > 12
    ends = "document.getAnimations().map(a => a.effect.getComputedTiming().endTime)"
    assert max(moving.run(ends)) <= 5000
    # At each moment until all is there, a box or a wire is lit, all the way to what reads it.
    last = max(moving.run(ends))
    moving.run("all = document.getAnimations(), 0")  # later on it leaves out those that are over
    lit = (
        "(t => {all.forEach(a => {a.pause(); a.currentTime = t});"
        "return [...document.querySelectorAll('svg g > :is(path, rect, ellipse)')]"
        ".filter(e => /3px|rgb.255, 242, 194/.test(getComputedStyle(e).strokeWidth"
        " + getComputedStyle(e).fill)).map(e => e.parentNode.getAttribute('class')).sort()})"
    )
    assert all(moving.run(f"{lit}({t})") for t in range(400, int(last), 100))
    assert moving.run(f"{lit}(0)") == moving.run(f"{lit}(5000)") == []
    at_work = ["n3", "u2", "u3", "u4", "w1", "w2", "w3"]  # u = bc
    assert moving.run(f"{lit}({4.5 * 5000 / 14})") == at_work
    moving.run("document.getAnimations().forEach(a => a.finish())")
    opacity = (
        "[...document.querySelectorAll('text')].every(e => getComputedStyle(e).opacity === '1')"
    )
    assert moving.run(opacity)


def test_print_shows_the_finished_picture(page):
    page.click(".stage")
    page.key("Home")
    assert words(page, VALUE.format(5)) == ""
    page.run("dispatchEvent(new Event('beforeprint')); 0")
    assert words(page, VALUE.format(5)) == "J = 33"
    page.run("dispatchEvent(new Event('afterprint')); 0")
    assert counter(page) == "0 / 13"
    page.send("Emulation.setEmulatedMedia", media="print")
    assert words(page, GRADIENT.format(1)) != ""
    assert page.run("getComputedStyle(document.querySelector('.row')).display") == "none"


def test_an_output_that_is_replaced_is_let_go(page):
    page.run("document.querySelector('.glassgrad button').click(); 0")
    page.run(
        "globalThis.held = new WeakRef(document.querySelector('.glassgrad'));"
        "document.body.replaceChildren(); 0"
    )
    page.send("HeapProfiler.enable")
    for _ in range(20):
        page.run("new Promise(requestAnimationFrame); 0")
        page.send("HeapProfiler.collectGarbage")
        if gone := page.run("globalThis.held.deref() === undefined"):
            break
    assert gone
    page.run("dispatchEvent(new Event('beforeprint')); 0")  # nothing is left to print


def test_a_large_picture_is_scrolled_to_what_is_at_work(browser, tmp_path):
    x = Value(0.5, "x")
    for k in range(30):
        x = (x * Value(0.1 * k, f"w{k}") + 0.1).tanh()
    page = browser.open(step_through(x).save(tmp_path / "x.html"))
    page.click(BUTTON.format("Previous"))
    stage = "document.querySelector('.stage')"
    page.run(f"{stage}.focus()")
    height = "document.querySelector('text.value').getBoundingClientRect().height"
    assert page.run(height) > 12  # pixels
    page.key("Home")
    page.key("ArrowRight")
    assert page.run(f"{stage}.scrollLeft") < 100
    page.key("End")
    page.key("ArrowLeft")
    outside = (
        "[...document.querySelectorAll('[class^=w] > .lit, [class^=n] > .lit')].filter(part => {"
        f"const [f, p] = [{stage}, part].map(e => e.getBoundingClientRect());"
        "return p.left < f.left || p.right > f.right || p.top < f.top || p.bottom > f.bottom})"
        ".length"
    )
    counts = []
    for _ in range(15):
        page.key("ArrowLeft")
        counts.append(page.run(outside))
    assert counts.count(0) >= 14  # where a wire turns, its ends are in two rows
    assert page.run(f"{stage}.scrollLeft") > 400
    assert page.complaints == []


def test_on_a_telephone_each_new_number_is_in_view(page):
    page.resize(360, 640)
    page.run("document.querySelector('.stage').focus({preventScroll: true})")
    page.key("Home")
    texts = (
        "[...document.querySelectorAll('text.value, text.gradient')].map(e => {"
        "const [r, f] = [e, document.querySelector('.stage')].map(e => e.getBoundingClientRect());"
        "return [!e.classList.contains('unseen'), f.left <= r.left && r.right <= f.right]})"
    )
    before = page.run(texts)
    for _ in range(12):
        page.key("ArrowRight")
        now = page.run(texts)
        came = [inside for (seen, inside), (was, _) in zip(now, before, strict=True) if seen > was]
        assert came == [True]
        before = now


def test_screen_readers_are_told(page):
    assert page.run("document.querySelector('.caption').role") == "status"
    assert page.run("document.querySelector('.caption').ariaLive") == "polite"
    assert page.run("document.querySelector('[type=range]').getAttribute('aria-valuetext')") == (
        "step 13 of 13"
    )
    unnamed = (
        "[...document.querySelectorAll('button, input, select')]"
        ".filter(e => !e.getAttribute('aria-label')).length"
    )
    assert page.run(unnamed) == 0
    told = "document.querySelector('.stage svg').getAttribute('aria-label')"
    assert "b = 3.0, dJ/db = 6.0. c = 2.0, dJ/dc = 9.0" in page.run(told)
    page.type(FIELD.format("b"), "-4")
    assert "b = -4, dJ/db = 6. c = 2, dJ/dc = -12" in page.run(told)


def test_modules_under_the_test_runner_of_node(node):
    tests = sorted(map(str, Path(__file__).parent.glob("*.test.mjs")))
    done = subprocess.run(
        [node.program, "--test", *tests],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        env={
            **os.environ,
            "PLAYER": str(Path(viz.__file__).parent / "player"),
            "ROWS": str(Path(primitives.__file__).parent / "in_javascript.mjs"),
        },
    )
    assert done.returncode == 0, done.stdout
