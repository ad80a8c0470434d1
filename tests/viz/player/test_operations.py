"""The table read as JavaScript, computed in Node, against the table read on floats."""

import json
import math
import random
import struct
from pathlib import Path

import pytest

import viz
from autograd import Value, primitives, softmax, sqrt, stop_gradient, tanh, trace, where
from autograd.backprop import topological_order
from autograd.notation import decimals, number
from autograd.primitives import TABLE, Primitive, constant, total
from autograd.tracing import BackwardStep, added, equals, in_place, multiplied, terms
from viz.player.operations import literal, operation, recorded

PLAYER = Path(viz.__file__).parent / "player"


def imports(module: str, *names: str) -> str:
    return f"import {{ {', '.join(names)} }} from {json.dumps((PLAYER / module).as_uri())};\n"


HELPERS = Path(primitives.__file__).parent / "in_javascript.mjs"

# What the text of the table may call, and the sweeps.
GRAPH = imports("graph.mjs", "evaluate", "unknown") + imports(
    str(HELPERS),
    *("checked", "sum", "products", "rest", "logLikelihood", "softmaxCrossEntropy"),
)

SWEEP = """
const sweep = (graph) => evaluate(graph, unknown(graph, Object.fromEntries(graph.leaves)));
"""


def in_order(output):
    return [node for node in topological_order(output) if node.op is not constant]


def random_graph(seed):
    """Operations of all kinds, tied together by a sum of what nothing else reads."""
    choose = random.Random(seed)
    rows = [row for row in TABLE.values() if row.javascript]
    nodes = [Value(choose.uniform(-2, 2)) for _ in range(2)]
    for _ in range(choose.randint(1, 12)):
        row = choose.choice(rows)
        sample = choose.choice(row.samples)
        constants = [i == 1 and row.name == "power_constant" for i in range(len(sample))]
        fresh = [
            x if written or choose.random() < 0.1 else Value(x * choose.uniform(0.9, 1.1))
            for x, written in zip(sample, constants, strict=True)
        ]
        mixed = [
            choose.choice(nodes) if isinstance(x, Value) and choose.random() < 0.6 else x
            for x in fresh
        ]
        for inputs in (mixed, fresh):  # the latter lie where the operation has a value
            try:
                node = Value.record(row, inputs)
            except (ValueError, ArithmeticError):
                continue
            slopes = [abs(slope) for slope in node.partials]
            if abs(node.data) < 50 and all(slope < 50 for slope in slopes):
                nodes += [x for x in node.inputs if x.op is None and x not in nodes]
                nodes.append(node)
                break
    read = {x for node in nodes for x in node.inputs}
    return total([node for node in nodes if node not in read])


def magnitudes(order, steps):
    """How large the numbers are that go into each value and each gradient."""
    values, gradients = {}, {order[-1]: 1.0}
    for node in order:
        inputs = zip(node.inputs, node.partials, strict=True)
        handed = [abs(slope) * values.get(x, abs(x.data)) for x, slope in inputs]
        values[node] = abs(node.data) + sum(handed)
    for step in steps:
        if isinstance(step, BackwardStep):
            handed = gradients[step.node] * abs(step.local)
            gradients[step.input] = gradients.get(step.input, 0.0) + handed
    return values, gradients


def test_a_thousand_random_graphs_give_the_numbers_of_python(node, tmp_path):
    outputs = [random_graph(seed) for seed in range(1000)]
    assert {x.op for output in outputs for x in in_order(output)} >= {
        row for row in TABLE.values() if row.javascript
    }
    graphs = ",\n".join(recorded({x: x.data for x in in_order(output)}) for output in outputs)
    script = f"""{GRAPH}{SWEEP}
        const swept = [{graphs}].map(sweep);
        console.log(JSON.stringify(swept.map(({{ values, gradients }}) => [values, gradients])));
    """
    for output, (values, gradients) in zip(outputs, node(script), strict=True):
        order = in_order(output)
        steps = trace(output)
        value_sizes, gradient_sizes = magnitudes(order, steps)
        for i, x in enumerate(order):
            assert values[i] == pytest.approx(x.data, rel=0, abs=1e-12 * value_sizes[x])
            slack = 1e-12 * gradient_sizes[x]
            assert gradients[i] == pytest.approx(steps.gradients[x], rel=0, abs=slack)


def numbers():
    """Numbers that people meet, and numbers of every kind, ties of rounding among them."""
    choose = random.Random(7)
    found = [0.0, -0.0, 1e-5, 12345.5, 12346.5, 2.0625, 2.1875, -0.00048828125, 1e7, 9999999.0]
    found += [99999.5, 0.99995, 999.95, 9999.5, 1e22, 5e-324, math.inf, -math.inf, math.nan]
    found += [choose.randint(-5000, 5000) / 2 ** choose.randint(0, 12) for _ in range(3000)]
    found += [choose.uniform(-10, 10) * 10 ** choose.randint(-8, 9) for _ in range(3000)]
    bits = [struct.pack("<Q", choose.getrandbits(64)) for _ in range(3000)]
    return found + [struct.unpack("<d", eight)[0] for eight in bits]


def test_numbers_are_written_as_python_writes_them(node):
    script = f"""{imports("numbers.mjs", "number", "equals", "inPlace")}
        const numbers = {json.dumps(numbers())};
        console.log(JSON.stringify(numbers.map((x) => [number(x), equals(x), inPlace(x)])));
    """
    expected = [[number(x), equals(x), in_place(x)] for x in numbers()]
    assert node(script) == expected


@pytest.mark.parametrize("places", [0, 1, 2, 5])
def test_numbers_may_have_a_number_of_decimals(node, places):
    ties = [0.125, 0.375, 2.5, -0.5, -1.125, 0.0625, 1e-9, -4e-4, 0.00049, 123456.789, 2e7, 1e-300]
    written = [*numbers(), *ties]
    script = f"""{imports("numbers.mjs", "number", "equals", "writeWith")}
        writeWith({places});
        const numbers = {json.dumps(written)};
        console.log(JSON.stringify(numbers.map((x) => [number(x), equals(x)])));
    """
    with decimals(places):
        expected = [[number(x), equals(x)] for x in written]
    assert node(script) == expected


def test_products_and_sums_are_written_as_python_writes_them(node):
    choose = random.Random(3)
    lists = []
    for _ in range(500):
        size = choose.randint(1, 7)
        lists.append([choose.randint(-40, 40) / choose.choice((1, 3, 4)) for _ in range(size)])
    script = f"""{imports("numbers.mjs", "added", "multiplied", "terms")}
        const write = ([upstream, local = 2, product = 3, ...rest], all) => [
          multiplied({{ upstream, local, product }}), terms(all, upstream), added(all)];
        console.log(JSON.stringify({json.dumps(lists)}.map((list) => write(list, list))));
    """
    for found, numbers in zip(node(script), lists, strict=True):
        upstream, local, product = [*numbers[:3], *[2, 3][len(numbers[:3]) - 1 :]]
        sums = terms(numbers, upstream), added(numbers)
        assert found == [multiplied(upstream, local, product), *sums]


def test_what_python_refuses_is_refused(node):
    refused = [
        ("log", (-1.0,)),
        ("log", (0.0,)),
        ("log1p", (-1.0,)),
        ("sqrt", (-1.0,)),
        ("exp", (1000.0,)),
        ("expm1", (1000.0,)),
        ("divide", (1.0, 0.0)),
        ("power", (-2.0, 0.5)),
        ("power_constant", (0.0, -1.0)),
        ("binary_cross_entropy", (1.0, 0.0)),
    ]
    graphs = []
    for name, numbers in refused:
        row = TABLE[name]
        with pytest.raises((ValueError, ArithmeticError)):
            row.value(*numbers)
        inputs = [Value(x) for x in row.samples[0]]
        output = Value.record(row, inputs)
        for x, bad in zip(inputs, numbers, strict=True):
            x.data = bad
        graphs.append(recorded({x: x.data for x in in_order(output)}))
    script = f"{GRAPH}{SWEEP}console.log(JSON.stringify([{','.join(graphs)}].map(sweep)))"
    for swept in node(script):
        assert swept["failed"] == len(swept["values"]) - 1
        assert set(swept["gradients"]) == {None}  # nan in JSON


def test_a_slope_that_does_not_exist_is_nan(node):
    x = Value(0.0)
    for output, slope in ((x.sqrt(), math.nan), (x**0, 0.0)):
        graph = recorded({x: x.data for x in in_order(output)})
        script = f"{GRAPH}{SWEEP}console.log(JSON.stringify(sweep({graph}).gradients[0]))"
        found = node(script)
        assert found is None if math.isnan(slope) else found == slope


def test_a_wrong_slope_would_be_seen(node):
    sine = TABLE["sin"]
    wrong = Primitive(
        "sin",
        "A sine whose slope is off by one part in 10¹¹.",
        value=sine.value,
        slopes=lambda y, x: ((1 + 1e-11) * sine.slopes(y, x)[0],),
        notation=sine.notation,
        latex=sine.latex,
        samples=sine.samples,
        javascript=sine.javascript,
    )
    try:
        x = Value(1.0)
        graph = recorded(dict.fromkeys([x, Value.record(wrong, [x])], 1.0))
    finally:
        TABLE["sin"] = sine
    found = node(f"{GRAPH}{SWEEP}console.log(JSON.stringify(sweep({graph}).gradients[0]))")
    assert abs(found - math.cos(1)) > 1e-12


def test_every_row_has_javascript():
    assert [name for name, row in TABLE.items() if not row.javascript] == ["constant"]


def test_a_row_without_javascript_is_named():
    try:
        plain = Primitive(
            "twice",
            "2x.",
            value=lambda x: 2 * x,
            slopes=lambda y, x: (2.0,),
            notation="2{0}",
            latex="2#1",
            samples=((1.0,),),
        )
        with pytest.raises(ValueError, match=r"twice.*javascript"):
            operation(Value.record(plain, [Value(1)]))
    finally:
        del TABLE["twice"]


def test_many_inputs_have_names_of_their_own():
    inputs = [Value(i) for i in range(12)]
    assert "(a, b, c, d, e, f, g, h, x8, x9, x10, x11) =>" in operation(total(inputs))


def test_no_text_ends_the_script():
    assert literal("</script>\u2028") == '"\\u003c/script>\\u2028"'


def test_nothing_comes_from_a_branch_that_is_not_taken(node):
    """Not even NaN where the slope of that branch is missing; after a change of leaves, neither."""
    x, w = Value(1.5), Value(-0.5)
    missing = sqrt(x * 0.0) * w
    J = where(x.step(), tanh(w * x), missing) + stop_gradient(sqrt(w * 0.0)) * x
    graph = recorded({each: each.data for each in in_order(J)})
    script = f"""{GRAPH}
        const graph = {graph};
        const at = (x) => {{
          const leaves = Object.fromEntries(graph.leaves);
          leaves[graph.leaves[0][0]] = x;
          return evaluate(graph, unknown(graph, leaves)).gradients;
        }};
        console.log(JSON.stringify([at(1.5), at(-1.5)].map((g) => g.map((d) => d ?? null))));
    """
    order = in_order(J)
    first, second = node(script)
    told = trace(J).gradients
    assert first == pytest.approx([told[each] for each in order], abs=1e-15)
    assert second[order.index(x)] is None  # NaN: √0 has no slope


def test_softmax_of_values_in_a_page(node):
    z = [Value(x) for x in (0.5, -1.0, 2.0)]
    J = softmax(z)[0].log()
    graph = recorded({x: x.data for x in in_order(J)})
    found = node(f"{GRAPH}{SWEEP}console.log(JSON.stringify(sweep({graph}).gradients))")
    told = trace(J).gradients
    assert found == pytest.approx([told[each] for each in in_order(J)], rel=1e-12)


def test_a_row_of_a_taken_name_is_computed_in_the_page_as_recorded(monkeypatch):
    built_in = tanh(Value(0.5))

    def own(javascript):
        texts = {"notation": "f({0})", "latex": "f", "javascript": javascript}
        slopes = {"slopes": lambda y, a: (2 * a,), "samples": ((1.0,),)}
        monkeypatch.setitem(TABLE, "tanh", tanh)
        return Primitive("tanh", "Mine.", value=lambda a: a * a, **slopes, **texts)

    mine = own("x => x * x")(Value(0.5))
    own("x => 0")
    for loss, right, wrong in ((built_in, "Math.tanh(x)", "0;"), (mine, "x * x", "Math.tanh")):
        page = recorded({node: node.data for node in in_order(loss)})
        assert f"const tanh = x => {right}" in page
        assert f"x => {wrong}" not in page.split("const tanh_slope")[0]
    both = built_in + mine
    with pytest.raises(ValueError, match="two rows of this graph are called tanh"):
        recorded({node: node.data for node in in_order(both)})
