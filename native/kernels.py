"""The table as C: one kernel per row, translated from the Python of its ``value`` and ``slopes``.

What is translated is a small part of Python: arithmetic, comparisons, conditions, ``math``, calls
of rows and of helpers, and sums over lists. A row that says anything else is left to Python, and
so is every point at which Python would raise: there a kernel sets ``*bad``.

Three kinds of things have names: numbers, which are C expressions of type double; counts, which
are integers; and lists, which are a length and a way to write their items.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, NoReturn

INFIX: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
OPERATORS: dict[str, ast.operator] = {
    "add": ast.Add(),
    "sub": ast.Sub(),
    "mul": ast.Mult(),
    "truediv": ast.Div(),
    "pow": ast.Pow(),
}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
# What Python's math takes from the C library as it is.
FUNCTIONS = {
    *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "fabs"),
    *("sin", "cos", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
}
TESTS = {"isnan", "isinf", "isfinite"}
CONSTANTS = {"nan": "NAN", "inf": "INFINITY"}
# Why kernels give up. A handler of all of these catches whatever Python raises there.
ERRORS = {"ValueError", "ZeroDivisionError", "OverflowError"}


class UntranslatableError(Exception):
    """Python that has no translation here; the text is what it says."""


class Count(NamedTuple):
    """An integer."""

    text: str


class List(NamedTuple):
    """A list of numbers: its length, its items, and its array in memory where it has one."""

    length: str
    item: Callable[[str], str]
    array: str = ""


# A number is the text of an expression of type double.
Thing = str | Count | List


class Table:
    """The rows and the helpers that a source of the table defines, and their translation.

    Attributes:
        left: the rows that are left to Python, and why.
    """

    def __init__(self, source: str) -> None:
        self.helpers: dict[str, ast.FunctionDef] = {}
        self.rows: dict[str, dict[str, ast.expr]] = {}
        self.constants: dict[str, float] = {}
        self.left: dict[str, str] = {}
        self._functions: dict[str, str] = {}  # the C functions, those first that others call
        self._calls: dict[str, set[str]] = {}  # which others each of them calls
        for statement in ast.parse(source).body:
            match statement:
                case ast.FunctionDef(name=name):
                    self.helpers[name] = statement
                case (
                    ast.Assign(targets=[ast.Name(id=variable)], value=ast.Call() as call)
                    | ast.AnnAssign(target=ast.Name(id=variable), value=ast.Call() as call)
                ) if {"value", "slopes"} <= {keyword.arg for keyword in call.keywords}:
                    name = ast.literal_eval(call.args[0])
                    if name == variable:
                        self.rows[name] = {k.arg: k.value for k in call.keywords if k.arg}
                        self.rows[name]["doc"] = call.args[1]
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if arithmetic(value):
                    code = compile(ast.Expression(value), name, "eval")
                    self.constants[name] = float(eval(code, {}))

    def header(self, fingerprint: str) -> str:
        """The translation, as the header that core.c includes."""
        kernels, entries, methods = [], [], []
        for name in self.rows:
            known = dict(self._functions)
            try:
                kernels.append(self._kernel(name))
            except UntranslatableError as error:
                self._functions = known
                self.left[name] = " ".join(str(error).split())
                entries.append(f'    {{"{name}", NULL, 0, 0, ""}},')
            else:
                names, rest = self.inputs(name)
                most = "PY_SSIZE_T_MAX" if rest else len(names)
                uses = " ".join(self._uses(name))
                entries.append(f'    {{"{name}", {name}_kernel, {len(names)}, {most}, "{uses}"}},')
            if self.inputs(name) in [([x], None) for x in self.inputs(name)[0]]:
                doc = ast.literal_eval(self.rows[name]["doc"])
                methods.append(f"    X({name}, {literal(f'{name}($self, /){SIGNATURE_END}{doc}')})")
        functions = self._functions.values()
        return "\n".join(
            [
                "/* Translated from primitives/ by kernels.py, at each build. Left to Python:",
                *(f" *   {name}: {why[:80]}" for name, why in self.left.items()),
                " */",
                f"#define FINGERPRINT {literal(fingerprint)}",
                *(f"{function.partition(chr(10))[0]};" for function in functions),
                "",
                *indented([*functions, *kernels]),
                f"enum {{ {', '.join([f'ROW_{name}' for name in self.rows])}, ROWS }};",
                "static const Kernel kernels[] = {",
                *entries,
                "};",
                " \\\n".join(["#define ROWS_OF_ONE_INPUT(X)", *methods]),
                "",
            ]
        )

    def inputs(self, name: str) -> tuple[list[str], str | None]:
        """The names of the inputs of a row, and that of the list of any further ones."""
        arguments, _ = self._definition(self.rows[name]["slopes"], 0)
        return [a.arg for a in arguments.args[1:]], getattr(arguments.vararg, "arg", None)

    def value(self, name: str) -> str:
        """The name of the C function that is the value of a row."""
        function = f"{name}_value"
        if function not in self._functions:
            names, rest = self.inputs(name)
            arguments, body = self._definition(self.rows[name]["value"], len(names))
            if (len(arguments.args), arguments.vararg is None) != (len(names), rest is None):
                raise UntranslatableError(f"value and slopes of {name} take other inputs")
            self._define("static inline double", function, arguments, body, Function.give_value)
        return function

    def helper(self, name: str, arguments: Sequence[Thing]) -> str:
        """The name of the C function that is a helper of the table, as it takes numbers."""
        function = f"call_{name}"
        if any(isinstance(x, List) for x in arguments):
            raise UntranslatableError(f"{name} of a list")
        if function not in self._functions:
            definition = self.helpers[name]
            give = Function.give_value
            self._define("static double", function, definition.args, definition.body, give)
        return function

    def _kernel(self, name: str) -> str:
        """The C function that computes a row: its value and its slopes."""
        names, rest = self.inputs(name)
        arguments, body = self._definition(self.rows[name]["slopes"], 0)
        value, slopes = self.value(name), f"{name}_slopes"
        self._define("static inline void", slopes, arguments, body, Function.give_slopes)
        self._calls[name] = {value, slopes}
        given = [f"x[{i}]" for i in range(len(names))]
        if rest:
            given += [f"x + {len(names)}", f"n - {len(names)}"]
        return "\n".join(
            [
                f"static void {name}_kernel"
                "(const double *x, Py_ssize_t n, double *y, double *s, int *bad)",
                "{",
                f"*y = {value}({', '.join([*given, 'bad'])});",
                f"{slopes}({', '.join(['*y', *given, 's, n, bad'])});",
                "}",
            ]
        )

    def _uses(self, name: str) -> list[str]:
        """The rows whose functions a kernel is made of, its own among them."""
        met: set[str] = set()
        waiting = {name}
        while waiting:
            met |= waiting
            waiting = {f for each in waiting for f in self._calls.get(each, ())} - met
        return [row for row in self.rows if row == name or f"{row}_value" in met]

    def _definition(self, e: ast.expr, n: int) -> tuple[ast.arguments, list[ast.stmt]]:
        """The parameters and the body of a function, which takes n of them if it is Python's."""
        match e:
            case ast.Lambda(args=arguments, body=body):
                return arguments, [ast.Return(body)]
            case ast.Name(id=name) if name in self.helpers:
                return self.helpers[name].args, self.helpers[name].body
            case ast.Attribute():  # of math or operator: lambda a, b: operator.mul(a, b)
                names = ", ".join("abc"[:n])
                written = ast.parse(f"lambda {names}: {ast.unparse(e)}({names})", mode="eval").body
                return self._definition(written, n)
        untranslatable(e)

    def _define(
        self,
        head: str,
        function: str,
        arguments: ast.arguments,
        body: list[ast.stmt],
        give: Callable[[Function, ast.expr], None],
    ) -> None:
        """Translate a function; nothing remains of it if it has no translation."""
        if arguments.kwonlyargs or arguments.defaults or arguments.kwarg or arguments.posonlyargs:
            raise UntranslatableError(f"the arguments of {function}")
        known = dict(self._functions)
        self._functions[function] = ""  # it may call itself
        self._calls[function] = set()
        names: dict[str, Thing] = {a.arg: f"{a.arg}_" for a in arguments.args}
        parameters = [f"double {a.arg}_" for a in arguments.args]
        if arguments.vararg:
            rest = arguments.vararg.arg
            names[rest] = List(f"{rest}_n", lambda i: f"{rest}_[{i}]", f"{rest}_")
            parameters += [f"const double *{rest}_", f"Py_ssize_t {rest}_n"]
        if give is Function.give_slopes:
            parameters += ["double *s", "Py_ssize_t n"]
        writer = Function(self, self._calls[function], names, give)
        try:
            writer.block(body)
        except UntranslatableError:
            self._functions = known
            raise
        start = f"{head} {function}({', '.join([*parameters, 'int *bad'])})"
        declared = [f"double {name} = 0.0;" for name in writer.variables]
        self._functions[function] = "\n".join([start, "{", *declared, *writer.lines, "}"])


class Function:
    """The body of one C function, written line by line."""

    def __init__(
        self,
        table: Table,
        calls: set[str],
        names: dict[str, Thing],
        give: Callable[[Function, ast.expr], None],
    ) -> None:
        self.lines: list[str] = []
        self.variables: list[str] = []
        self._table = table
        self._calls = calls
        self._names = names
        self._give = give
        self._bad = "bad"  # points to what is set where Python would raise
        self._new = 0

    # --- statements ---

    def block(self, body: list[ast.stmt]) -> None:
        """Statements, one after the other."""
        for statement in body:
            match statement:
                case ast.Return(value=ast.expr() as e):
                    self._give(self, e)
                case (
                    ast.Assign(targets=[target], value=e)
                    | ast.AnnAssign(target=target, value=ast.expr() as e)
                ):
                    self._assign(target, e)
                case ast.If(test=test, body=then, orelse=otherwise):
                    self._branch(f"if ({self.condition(test)}) {{", then)
                    self._branch("else {", otherwise)
                case ast.Try(
                    body=[ast.Return(value=ast.expr() as e)],
                    handlers=[
                        ast.ExceptHandler(type=types, body=[ast.Return(value=ast.expr() as f)])
                    ],
                ) if self._give is Function.give_value and named(types) >= ERRORS:
                    self._try(e, f)
                case ast.Raise():
                    self.lines.append(f"*{self._bad} = 1;")
                    self.lines.append(
                        "return 0.0;" if self._give is Function.give_value else "return;"
                    )
                case _:
                    untranslatable(statement)

    def give_value(self, e: ast.expr) -> None:
        """What ``value`` returns."""
        self.lines.append(f"return {self.number(e)};")

    def give_slopes(self, e: ast.expr) -> None:
        """What ``slopes`` returns, one after the other: as many as there are inputs."""
        self.lines.append("Py_ssize_t k = 0;")
        for items in self.parts(e):
            self.lines.append(f"if (k + {items.length} > n) {{ *bad = 1; return; }}")
            i = self._loop(items.length)
            self.lines += [f"s[k++] = {items.item(i)};", "}"]
        self.lines += ["if (k != n) *bad = 1;", "return;"]

    def _assign(self, target: ast.expr, e: ast.expr) -> None:
        match target, e:
            case ast.Name(id=name), _ if name not in self._names:
                thing = self.thing(e)
                self._names[name] = self._variable(thing) if isinstance(thing, str) else thing
            case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
                for each, x in zip(targets, values, strict=True):
                    self._assign(each, x)
            case _:  # a second value for a name among them
                untranslatable(target)

    def _branch(self, head: str, body: list[ast.stmt]) -> None:
        outside = dict(self._names)
        self.lines.append(head)
        self.block(body)
        self.lines.append("}")
        self._names = outside  # what is defined in a branch is unknown behind it

    def _try(self, e: ast.expr, otherwise: ast.expr) -> None:
        raised = self._name("raised")
        self.lines.append(f"int {raised} = 0;")
        self._bad = f"&{raised}"
        tried = self._variable(self.number(e))
        self._bad = "bad"
        self.lines.append(f"if (!{raised}) return {tried};")
        self.give_value(otherwise)

    # --- expressions ---

    def thing(self, e: ast.expr) -> Thing:
        """A list, a count or a number, whatever it is."""
        lines, variables = len(self.lines), len(self.variables)
        for read in (self.many, self.count):
            try:
                return read(e)
            except UntranslatableError:
                del self.lines[lines:], self.variables[variables:]
        return self.number(e)

    def number(self, e: ast.expr) -> str:
        """An expression of type double."""
        match e:
            case ast.Constant(value=int() | float() as x) if math.isfinite(x):
                return repr(float(x))
            case ast.Name(id=name) if isinstance(found := self._names.get(name), (str, Count)):
                return found if isinstance(found, str) else f"(double)({found.text})"
            case ast.Name(id=name) if name in self._table.constants and name not in self._names:
                return repr(self._table.constants[name])
            case ast.Attribute(value=ast.Name(id="math"), attr=name) if name in CONSTANTS:
                return CONSTANTS[name]
            case ast.UnaryOp(op=ast.USub(), operand=x):
                return f"(-{self.number(x)})"
            case ast.BinOp(op=ast.FloorDiv()) | ast.Call(func=ast.Name(id="len")):
                return f"(double){self.count(e).text}"
            case ast.BinOp(left=a, op=op, right=b):
                return self._arithmetic(op, self.number(a), self.number(b))
            case ast.Compare():
                return f"(double){self.condition(e)}"
            case ast.BoolOp(values=values) if all(isinstance(x, ast.Compare) for x in values):
                return f"(double){self.condition(e)}"
            case ast.IfExp(test=test, body=a, orelse=b):
                return f"({self.condition(test)} ? {self.number(a)} : {self.number(b)})"
            case ast.Subscript(value=items, slice=ast.expr() as index) if not isinstance(
                index, ast.Slice
            ):
                return self._item(self.many(items), self._place(index))
            case ast.Call(func=ast.Name(id="float"), args=[x], keywords=[]):
                return self.number(x)
            case ast.Call(func=ast.Name(id="sum"), args=[items, *start], keywords=[]):
                return self._sum(self.many(items), self.number(start[0]) if start else "0.0")
            case ast.Call(func=function, args=arguments, keywords=[]):
                things = [
                    self.many(x.value) if isinstance(x, ast.Starred) else self.thing(x)
                    for x in arguments
                ]
                return self._call(function, things)
        untranslatable(e)

    def _arithmetic(self, op: ast.operator, a: str, b: str) -> str:
        match op:
            case ast.Div():
                return f"over({a}, {b}, {self._bad})"
            case ast.Pow():
                return f"power_of({a}, {b}, {self._bad})"
        if type(op) not in INFIX:
            raise UntranslatableError(type(op).__name__)
        return f"({a} {INFIX[type(op)]} {b})"

    def _call(self, function: ast.expr, given: Sequence[Thing]) -> str:
        """A function of math, of operator or of the table, or a row, at numbers and lists."""
        match function, given:
            case ast.Attribute(value=ast.Name(id="math"), attr=name), [str() as x]:
                if name in FUNCTIONS:
                    return f"checked({name}, {x}, {self._bad})"
            case ast.Attribute(value=ast.Name(id="operator"), attr="neg"), [str() as x]:
                return f"(-{x})"
            case ast.Attribute(value=ast.Name(id="operator"), attr=name), [str() as a, str() as b]:
                if name in OPERATORS:
                    return self._arithmetic(OPERATORS[name], a, b)
            case ast.Name(id=name), _ if name in self._table.rows and name not in self._names:
                names, rest = self._table.inputs(name)
                lists = [isinstance(x, List) for x in given]
                if lists == [False] * len(names) + [True] * (rest is not None):
                    return self._written(self._table.value(name), given)
            case ast.Name(id=name), _ if name in self._table.helpers and name not in self._names:
                if len(given) == len(self._table.helpers[name].args.args):
                    return self._written(self._table.helper(name, given), given)
        untranslatable(function)

    def _written(self, function: str, given: Sequence[Thing]) -> str:
        self._calls.add(function)
        arguments = []
        for x in given:
            if not isinstance(x, List):
                arguments.append(f"(double)({x.text})" if isinstance(x, Count) else x)
            elif x.array:
                arguments += [x.array, x.length]
            else:
                raise UntranslatableError("a list that is in no array")
        return f"{function}({', '.join([*arguments, self._bad])})"

    def condition(self, e: ast.expr) -> str:
        """An expression that is true or false."""
        match e:
            case ast.Compare(
                left=ast.Attribute(value=x, attr="__class__"),
                ops=[ast.Is() | ast.IsNot() as op],
                comparators=[ast.Name(id="float")],
            ):
                self.number(x)
                return "1" if isinstance(op, ast.Is) else "0"  # a kernel gets nothing else
            case ast.Compare(left=first, ops=ops, comparators=others):
                sides = [self.number(each) for each in (first, *others)]
                signs = [COMPARISONS.get(type(op)) or untranslatable(e) for op in ops]
                pairs = zip(sides, signs, sides[1:], strict=False)
                return f"({' && '.join([' '.join(pair) for pair in pairs])})"
            case ast.BoolOp(op=op, values=values):
                sign = " && " if isinstance(op, ast.And) else " || "
                return f"({sign.join(map(self.condition, values))})"
            case ast.UnaryOp(op=ast.Not(), operand=x):
                return f"(!{self.condition(x)})"
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="complex")]):
                return "0"  # power_of has given up by now
            case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr=name), args=[x]) if (
                name in TESTS
            ):
                return f"{name}({self.number(x)})"
        return f"({self.number(e)} != 0.0)"

    def count(self, e: ast.expr) -> Count:
        """An integer: a length, a place in a list, and what is computed from such."""
        match e:
            case ast.Name(id=name) if isinstance(found := self._names.get(name), Count):
                return found
            case ast.Call(func=ast.Name(id="len"), args=[items], keywords=[]):
                return Count(f"({self.many(items).length})")
            case ast.BinOp(left=a, op=ast.FloorDiv(), right=ast.Constant(value=int() as k)) if (
                k > 0
            ):
                top = self.count(a).text
                return Count(f"({top} / {k} - ({top} % {k} < 0))")  # rounded down, as in Python
            case ast.BinOp(left=a, op=op, right=b) if type(op) in INFIX:
                return Count(f"({self._place(a)} {INFIX[type(op)]} {self._place(b)})")
        untranslatable(e)

    def _place(self, e: ast.expr) -> str:
        """A count, or an integer as it is written."""
        match e:
            case ast.Constant(value=int() as k):
                return f"{k:d}"
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as k)):
                return f"-{k:d}"
        return self.count(e).text

    # --- lists ---

    def many(self, e: ast.expr) -> List:
        """A list whose items are all of one form."""
        match e:
            case ast.Name(id=name) if isinstance(found := self._names.get(name), List):
                return found
            case ast.Call(func=ast.Name(id="tuple"), args=[items], keywords=[]):
                return self.many(items)
            case ast.Subscript(value=items, slice=ast.Slice(lower=low, upper=high, step=None)):
                return self._slice(self.many(items), low, high)
            case ast.BinOp(left=ast.Tuple(elts=[x]), op=ast.Mult(), right=n):
                return repeated(self.number(x), self.count(n).text)
            case ast.Call(func=ast.Name(id="map"), args=[function, *several], keywords=[]):
                lists = [self.many(each) for each in several]
                length = self._shortest([each.length for each in lists])
                return List(length, lambda i: self._call(function, [x.item(i) for x in lists]))
            case ast.ListComp(
                elt=item, generators=[ast.comprehension(ast.Name(id=name), many, [])]
            ):
                over = self.many(many)
                return List(over.length, lambda i: self._inside(name, over.item(i), item))
        untranslatable(e)

    def parts(self, e: ast.expr) -> list[List]:
        """A tuple, as lists that follow each other."""
        match e:
            case ast.Tuple(elts=items):
                return [part for item in items for part in self.parts(item)]
            case ast.Starred(value=items):
                return self.parts(items)
            case ast.BinOp(left=a, op=ast.Add(), right=b):
                return self.parts(a) + self.parts(b)
        thing = self.thing(e)
        return [thing if isinstance(thing, List) else repeated(self.number(e), "1")]

    def _slice(self, items: List, low: ast.expr | None, high: ast.expr | None) -> List:
        start, stop = self._name("start"), self._name("stop")
        first = self._place(low) if low else "0"
        last = self._place(high) if high else items.length
        self.lines.append(f"Py_ssize_t {start} = end_at({first}, {items.length});")
        self.lines.append(f"Py_ssize_t {stop} = end_at({last}, {items.length});")
        length = f"({stop} > {start} ? {stop} - {start} : 0)"
        array = f"({items.array} + {start})" if items.array else ""
        return List(length, lambda i: items.item(f"{start} + {i}"), array)

    def _inside(self, name: str, x: str, e: ast.expr) -> str:
        """An expression for an item, in which a name is the item."""
        outside = self._names
        self._names = {**outside, name: x}
        written = self.number(e)
        self._names = outside
        return written

    def _item(self, items: List, k: str) -> str:
        at = self._name("at")
        self.lines.append(f"Py_ssize_t {at} = item_at({k}, {items.length}, {self._bad});")
        return items.item(at)

    def _shortest(self, lengths: Sequence[str]) -> str:
        first, *others = lengths
        name = self._name("length")
        self.lines.append(f"Py_ssize_t {name} = {first};")
        self.lines += [f"if ({each} < {name}) {name} = {each};" for each in others]
        return name

    def _sum(self, items: List, start: str) -> str:
        total = self._name("total")
        self.lines.append(f"Sum {total} = {{{start}, 0.0}};")
        i = self._loop(items.length)
        self.lines += [f"add_to(&{total}, {items.item(i)});", "}"]
        return f"sum_of({total})"

    # --- names and lines ---

    def _loop(self, length: str) -> str:
        i = self._name("i")
        self.lines.append(f"for (Py_ssize_t {i} = 0; {i} < {length}; {i}++) {{")
        return i

    def _name(self, name: str) -> str:
        self._new += 1
        return f"{name}{self._new}"

    def _variable(self, number: str) -> str:
        """A variable that holds a number; it is declared at the top, as Python's names are."""
        name = self._name("v")
        self.variables.append(name)
        self.lines.append(f"{name} = {number};")
        return name


def repeated(number: str, length: str) -> List:
    """A list of one number only, over and over."""
    return List(length, lambda i: number)


# Between the signature of a method and its documentation.
SIGNATURE_END = "\n--\n\n"


def literal(text: str) -> str:
    """A string as C has it."""
    plain = [chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in text.encode()]
    return f'"{"".join(plain)}"'


def indented(functions: Sequence[str]) -> Iterator[str]:
    """The lines of functions, four spaces to a brace."""
    for function in functions:
        depth = 0
        for line in function.split("\n"):
            depth -= line.startswith("}")
            yield "    " * depth + line
            depth += line.endswith("{")
        yield ""


def arithmetic(e: ast.expr) -> bool:
    """Whether an expression is made of numbers alone."""
    parts = (ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop)
    return all(
        isinstance(each, parts)
        or (isinstance(each, ast.Constant) and isinstance(each.value, (int, float)))
        for each in ast.walk(e)
    )


def named(types: ast.expr | None) -> set[str]:
    """The names of the exceptions that a handler catches."""
    return {ast.unparse(each) for each in types.elts} if isinstance(types, ast.Tuple) else set()


def untranslatable(e: ast.AST) -> NoReturn:
    """Leave a row to Python."""
    raise UntranslatableError(ast.unparse(e))
