/* autograd._core: the nodes of value.py and the sweep of backprop.py, compiled.
 *
 * No operation is written here. kernels.h is translated from the table, primitives/, by
 * kernels.py: one kernel per row, which computes the value and the slopes of an operation.
 * Wherever a kernel gives up (1 / 0, log(-1), an overflow), Python's own `compute` is asked, so
 * that errors, their words and their tracebacks are those of the engine in Python.
 *
 * Nodes are unknown to the cyclic collector: a graph has no cycles, so reference counts free it,
 * one node after the other, however deep it is.
 *
 *   1  arithmetic as Python does it        5  attributes
 *   2  nodes, and how they are freed       6  backpropagation
 *   3  recording                           7  the module
 *   4  operators
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef Py_GIL_DISABLED
#error "reference counts are read here: free-threaded Pythons run the engine in Python"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0
#error "this machine computes with more digits than a float has: sums would differ from Python's"
#endif

/* --- 1 arithmetic as Python does it -------------------------------------------------------- */

/* Where Python would raise, `bad` is set, and what is returned does not matter. */

static inline double over(double a, double b, int *bad)
{
    if (b == 0.0) *bad = 1;
    return a / b;
}

/* A function of math: an infinity or a nan that was not there before is an error in Python. */
static inline double checked(double (*function)(double), double x, int *bad)
{
    double y = function(x);
    if (!isfinite(y) && !isnan(x) && (isnan(y) || isfinite(x))) *bad = 1;
    return y;
}

/* a ** b is C's, but Python raises for 0 ** -1 and overflows, and makes (-1) ** 0.5 complex. */
static inline double power_of(double a, double b, int *bad)
{
    double y = pow(a, b);
    if (isfinite(a) && isfinite(b) &&
        ((a == 0.0 && b < 0.0) || (a < 0.0 && b != floor(b)) || !isfinite(y)))
        *bad = 1;
    return y;
}

/* sum(): since Python 3.12 it keeps what rounding loses (Neumaier), and adds it in the end. */
typedef struct { double sum, lost; } Sum;

static inline void add_to(Sum *total, double x)
{
    double sum = total->sum + x;
#if PY_VERSION_HEX >= 0x030C0000
    int larger = (total->sum < 0.0 ? -total->sum : total->sum) >= (x < 0.0 ? -x : x);
    total->lost += larger ? (total->sum - sum) + x : (x - sum) + total->sum;
#endif
    total->sum = sum;
}

static inline double sum_of(Sum total)
{
    return total.lost != 0.0 && isfinite(total.lost) ? total.sum + total.lost : total.sum;
}

/* list[k] and the ends of list[k:], where a negative k counts from the end. */
static inline Py_ssize_t item_at(Py_ssize_t k, Py_ssize_t length, int *bad)
{
    if (k < 0) k += length;
    if (k < 0 || k >= length) { *bad = 1; return 0; }
    return k;
}

static inline Py_ssize_t end_at(Py_ssize_t k, Py_ssize_t length)
{
    if (k < 0) k += length;
    return k < 0 ? 0 : k > length ? length : k;
}

/* x: the n inputs, y: the value, s: the n slopes. */
typedef void Compute(const double *x, Py_ssize_t n, double *y, double *s, int *bad);

typedef struct {
    const char *name;
    Compute *compute; /* NULL: the row is left to Python */
    Py_ssize_t least, most; /* how many inputs it takes */
    const char *uses; /* the rows that it is made of, itself among them, separated by spaces */
} Kernel;

#include "kernels.h"

/* --- 2 nodes, and how they are freed ------------------------------------------------------- */

typedef struct Node Node;
typedef struct { Node *input; double slope; } Edge;

struct Node {
    PyObject_HEAD
    double data, grad;
    union {
        PyObject *label; /* NULL: it has none, which is "" */
        Node *next; /* of those that are being freed */
    };
    unsigned int n; /* inputs */
    short row; /* what made it: a place in rows, or LEAF */
    unsigned char stage; /* in a sweep: IDLE, MET or REACHED */
    unsigned char traits; /* APART: edges are in a block; KEPT: data is more than a double */
    union {
        Edge own[1]; /* the first of n, which follow each other here */
        Edge *block;
    };
};

enum { LEAF = -1 };
enum { IDLE, MET, REACHED };
enum { APART = 1, KEPT = 2 };

typedef struct {
    PyObject *op;
    Compute *compute; /* NULL while Python computes it */
    Py_ssize_t least, most;
    int level; /* a slope of 0 passes nothing on, not even 0 times nan */
} Row;

static Row *rows; /* those of kernels.h first, then others in the order of their first use */
static Py_ssize_t n_rows;
static PyObject *row_of; /* from an op to its place in rows */
static PyObject *kept; /* from a node that is KEPT, by its address, to its data */
static PyObject *empty; /* "" */
/* Functions and classes of the engine in Python. */
static PyObject *compute, *initialize, *as_float, *refuse, *Real;
static PyTypeObject *Value; /* value.py adds to it what is said only there */

#define IS_NODE(x) (Py_TYPE(x) == Value || PyType_IsSubtype(Py_TYPE(x), Value))

static inline Edge *edges(Node *v) { return v->traits & APART ? v->block : v->own; }

static inline Node *new_node(short row, Py_ssize_t n)
{
    size_t more = n > 1 ? (size_t)(n - 1) * sizeof(Edge) : 0;
    Node *v = n > INT_MAX ? NULL : PyObject_Malloc(sizeof(Node) + more);
    if (!v) return (Node *)PyErr_NoMemory();
    PyObject_Init((PyObject *)v, Value);
    v->data = v->grad = 0.0;
    v->label = NULL;
    v->n = (unsigned int)n;
    v->row = row;
    v->stage = IDLE;
    v->traits = 0;
    return v;
}

static void forget_kept(Node *v)
{
    PyObject *type, *value, *traceback, *address = PyLong_FromVoidPtr(v);
    PyErr_Fetch(&type, &value, &traceback);
    if (!address || PyDict_DelItem(kept, address) < 0) PyErr_Clear();
    Py_XDECREF(address);
    PyErr_Restore(type, value, traceback);
    v->traits &= ~KEPT;
}

/* Let go of all that a node holds. Inputs that nobody else holds wait in a list for their turn:
 * were they freed at once, each within the other, a deep graph would overflow the stack. */
static void let_go(Node *v, Node **waiting)
{
    Edge *e = edges(v);
    for (unsigned int i = 0; i < v->n; i++) {
        Node *x = e[i].input;
        if (Py_REFCNT(x) == 1 && Py_TYPE(x) == Value) {
            PyObject *label = x->label; /* it makes room for the list */
            x->next = *waiting;
            *waiting = x;
            Py_XDECREF(label);
        } else {
            Py_DECREF(x);
        }
    }
    if (v->traits & APART) PyMem_Free(e);
    if (v->traits & KEPT) forget_kept(v);
}

static void node_dealloc(Node *v)
{
    Node *waiting = NULL;
    PyTypeObject *type = Py_TYPE(v);
    Py_XDECREF(v->label);
    let_go(v, &waiting);
    type->tp_free((PyObject *)v);
    Py_DECREF(type);
    while (waiting) {
        Node *x = waiting;
        waiting = x->next;
        let_go(x, &waiting);
        PyObject_Free(x);
        Py_DECREF(Value);
    }
}

static PyObject *node_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (type == Value) return (PyObject *)new_node(LEAF, 0);
    Node *v = (Node *)type->tp_alloc(type, 0); /* a subclass, all zero */
    if (v) v->row = LEAF;
    return (PyObject *)v;
}

/* --- 3 recording --------------------------------------------------------------------------- */

/* The place of an op in rows; -2: error. */
static int place_of(PyObject *op)
{
    if (op == Py_None) return LEAF;
    PyObject *place = PyDict_GetItemWithError(row_of, op); /* borrowed */
    if (place) return (int)PyLong_AsLong(place);
    if (PyErr_Occurred()) return -2;
    /* A row that kernels.h does not know: Python computes it. */
    Row *more = n_rows < SHRT_MAX ? PyMem_Realloc(rows, (n_rows + 1) * sizeof(Row)) : NULL;
    if (!more) { PyErr_NoMemory(); return -2; }
    rows = more;
    if (!(place = PyLong_FromSsize_t(n_rows))) return -2;
    int failed = PyDict_SetItem(row_of, op, place);
    Py_DECREF(place);
    if (failed) return -2;
    rows[n_rows] = (Row){Py_NewRef(op), NULL, 0, 0, 0};
    return (int)n_rows++;
}

static int set_data(Node *v, PyObject *number)
{
    double x = PyFloat_AsDouble(number);
    if (x == -1.0 && PyErr_Occurred()) return -1;
    if (v->traits & KEPT) forget_kept(v);
    v->data = x;
    if (PyFloat_CheckExact(number) || !PyFloat_Check(number)) return 0;
    PyObject *address = PyLong_FromVoidPtr(v); /* a float that knows more than its number */
    if (!address) return -1;
    int failed = PyDict_SetItem(kept, address, number);
    Py_DECREF(address);
    if (!failed) v->traits |= KEPT;
    return failed;
}

static PyObject *get_inputs(Node *v, void *unused)
{
    Edge *e = edges(v);
    PyObject *inputs = PyTuple_New(v->n);
    for (unsigned int i = 0; inputs && i < v->n; i++)
        PyTuple_SET_ITEM(inputs, i, Py_NewRef((PyObject *)e[i].input));
    return inputs;
}

static int set_partials(Node *v, PyObject *given, void *unused)
{
    PyObject *slopes = given ? PySequence_Tuple(given) : NULL;
    Py_ssize_t n = slopes ? PyTuple_GET_SIZE(slopes) : 0;
    double *numbers = slopes ? PyMem_Malloc(n * sizeof(double)) : NULL;
    int failed = !numbers;
    if (!given) PyErr_SetNone(PyExc_AttributeError);
    else if (slopes && !numbers) PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < n && !failed; i++) {
        numbers[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(slopes, i));
        failed = numbers[i] == -1.0 && PyErr_Occurred();
    }
    if (!failed && n != v->n) { /* asked last: any of the above may have run any code */
        Py_XDECREF(PyObject_CallFunction(refuse, "sO", "partials", given));
        failed = 1;
    }
    for (Py_ssize_t i = 0; i < n && !failed; i++) edges(v)[i].slope = numbers[i];
    PyMem_Free(numbers);
    Py_XDECREF(slopes);
    return failed ? -1 : 0;
}

/* What a kernel cannot do, value.py does: compute(op, inputs). */
static int ask_python(Node *v)
{
    PyObject *inputs = get_inputs(v, NULL), *pair = NULL;
    int failed = -1;
    if (inputs) pair = PyObject_CallFunctionObjArgs(compute, rows[v->row].op, inputs, NULL);
    if (pair)
        failed = set_data(v, PyTuple_GET_ITEM(pair, 0)) ||
                 set_partials(v, PyTuple_GET_ITEM(pair, 1), NULL);
    Py_XDECREF(inputs);
    Py_XDECREF(pair);
    return failed ? -1 : 0;
}

#define FEW 8 /* inputs whose numbers fit on the stack */

/* The value and the slopes of an operation at the data of its inputs. */
static inline int fill(Node *v, Edge *e, Py_ssize_t n)
{
    double on_stack[2 * FEW], *x = on_stack;
    if (n > FEW && !(x = PyMem_Malloc(2 * n * sizeof(double)))) { PyErr_NoMemory(); return -1; }
    double y = 0.0, *s = x + (n > FEW ? n : FEW);
    const Row *r = &rows[v->row];
    int bad = !r->compute || n < r->least || n > r->most || v->traits & KEPT;
    for (Py_ssize_t i = 0; i < n; i++) {
        x[i] = e[i].input->data;
        bad |= e[i].input->traits & KEPT;
    }
    if (!bad) r->compute(x, n, &y, s, &bad);
    if (!bad) {
        v->data = y;
        for (Py_ssize_t i = 0; i < n; i++) e[i].slope = s[i];
    }
    if (x != on_stack) PyMem_Free(x);
    return bad ? ask_python(v) : 0;
}

static inline Node *record(int row, Py_ssize_t n, PyObject *const *inputs)
{
    Node *v = new_node((short)row, n);
    if (!v) return NULL;
    for (Py_ssize_t i = 0; i < n; i++)
        v->own[i] = (Edge){(Node *)Py_NewRef(inputs[i]), NAN};
    if (fill(v, v->own, n) < 0) Py_CLEAR(v);
    return v;
}

/* recompute(node): once more, as forward() does it. */
static PyObject *core_recompute(PyObject *module, PyObject *node)
{
    Node *v = (Node *)node;
    if (!IS_NODE(node) || v->row == LEAF) return PyObject_CallFunction(refuse, "sO", "op", node);
    if (fill(v, edges(v), v->n) < 0) return NULL;
    Py_RETURN_NONE;
}

/* record(op, inputs), for a tuple of Values: value.py calls it recorded. */
static PyObject *core_record(PyObject *module, PyObject *const *args, Py_ssize_t n_args)
{
    if (n_args != 2 || !PyTuple_Check(args[1])) return PyErr_Format(PyExc_TypeError, "record");
    Py_ssize_t n = PyTuple_GET_SIZE(args[1]);
    for (Py_ssize_t i = 0; i < n; i++)
        if (!IS_NODE(PyTuple_GET_ITEM(args[1], i)))
            return PyObject_CallFunction(refuse, "sO", "inputs", args[1]);
    int row = place_of(args[0]);
    if (row < 0) {
        if (row == LEAF) PyObject_CallFunction(refuse, "sO", "op", args[0]);
        return NULL;
    }
    return (PyObject *)record(row, n, &PyTuple_GET_ITEM(args[1], 0));
}

/* --- 4 operators --------------------------------------------------------------------------- */

/* An operand as a node: a number becomes a constant. 0: it is no number; -1: error. */
static int operand(PyObject *given, PyObject **node)
{
    if (IS_NODE(given)) { *node = Py_NewRef(given); return 1; }
    if (!PyFloat_Check(given) && !PyLong_Check(given)) {
        int real = PyObject_IsInstance(given, Real);
        if (real <= 0) return real;
    }
    PyObject *number = PyNumber_Float(given);
    Node *v = number ? new_node(ROW_constant, 0) : NULL;
    if (v) v->data = PyFloat_AS_DOUBLE(number);
    Py_XDECREF(number);
    *node = (PyObject *)v;
    return v ? 1 : -1;
}

static PyObject *binary(int row, PyObject *left, PyObject *right)
{
    PyObject *both[2] = {left, right}, *v = NULL;
    if (Py_TYPE(left) == Value && Py_TYPE(right) == Value) return (PyObject *)record(row, 2, both);
    both[0] = both[1] = NULL;
    int found = operand(left, &both[0]);
    if (found > 0) found = operand(right, &both[1]);
    if (found > 0) v = (PyObject *)record(row, 2, both);
    Py_XDECREF(both[0]);
    Py_XDECREF(both[1]);
    if (found == 0) Py_RETURN_NOTIMPLEMENTED;
    return v;
}

#define BINARY(name) \
    static PyObject *node_##name(PyObject *a, PyObject *b) { return binary(ROW_##name, a, b); }
#define UNARY(name, doc) \
    static PyObject *node_##name(PyObject *x, PyObject *unused) \
    { return (PyObject *)record(ROW_##name, 1, &x); }

BINARY(subtract)
BINARY(multiply)
BINARY(divide)
ROWS_OF_ONE_INPUT(UNARY) /* the methods x.exp() and so on, and what follows */
static PyObject *node_minus(PyObject *x) { return node_negative(x, NULL); }
static PyObject *node_absolute(PyObject *x) { return node_abs(x, NULL); }

static PyObject *node_add(PyObject *a, PyObject *b)
{
    /* sum() starts with the number 0, which no learner wrote. */
    if (PyLong_CheckExact(a)) {
        if (PyLong_AsDouble(a) == 0.0) return Py_NewRef(b);
        PyErr_Clear(); /* too large for a float: that is said where it becomes a constant */
    }
    return binary(ROW_add, a, b);
}

static PyObject *node_power(PyObject *a, PyObject *b, PyObject *modulus)
{
    int constant = IS_NODE(a) && (!IS_NODE(b) || ((Node *)b)->row == ROW_constant);
    if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
    return binary(constant ? ROW_power_constant : ROW_power, a, b);
}

/* --- 5 attributes -------------------------------------------------------------------------- */

static PyObject *get_data(Node *v, void *unused)
{
    if (!(v->traits & KEPT)) return PyFloat_FromDouble(v->data);
    PyObject *address = PyLong_FromVoidPtr(v);
    PyObject *data = address ? PyDict_GetItemWithError(kept, address) : NULL;
    Py_XDECREF(address);
    return Py_XNewRef(data);
}

static int assign_data(Node *v, PyObject *number, void *unused)
{
    if (number) return set_data(v, number);
    PyErr_SetNone(PyExc_AttributeError);
    return -1;
}

static PyObject *get_grad(Node *v, void *unused) { return PyFloat_FromDouble(v->grad); }

static int assign_grad(Node *v, PyObject *number, void *unused)
{
    double x = number ? PyFloat_AsDouble(number) : -1.0;
    if (!number) PyErr_SetNone(PyExc_AttributeError);
    if (x == -1.0 && PyErr_Occurred()) return -1;
    v->grad = x;
    return 0;
}

/* data and grad are _data and _grad with a check, which is in Python, of what is no float. */
static int assign_checked(Node *v, PyObject *number, const char *name, setter assign)
{
    if (!number || PyFloat_CheckExact(number)) return assign((PyObject *)v, number, NULL);
    PyObject *checked_number = PyObject_CallFunction(as_float, "sO", name, number);
    int failed = checked_number ? assign((PyObject *)v, checked_number, NULL) : -1;
    Py_XDECREF(checked_number);
    return failed;
}

static int check_data(Node *v, PyObject *number, void *unused)
{
    return assign_checked(v, number, "data", (setter)assign_data);
}

static int check_grad(Node *v, PyObject *number, void *unused)
{
    return assign_checked(v, number, "grad", (setter)assign_grad);
}

static PyObject *get_label(Node *v, void *unused)
{
    return Py_NewRef(v->label ? v->label : empty);
}

static int set_label(Node *v, PyObject *label, void *unused)
{
    PyObject *old = v->label;
    if (!label) { PyErr_SetNone(PyExc_AttributeError); return -1; }
    v->label = label == empty ? NULL : Py_NewRef(label);
    Py_XDECREF(old);
    return 0;
}

static PyObject *get_op(Node *v, void *unused)
{
    return Py_NewRef(v->row == LEAF ? Py_None : rows[v->row].op);
}

static int set_op(Node *v, PyObject *op, void *unused)
{
    int row = op ? place_of(op) : -2;
    if (!op) PyErr_SetNone(PyExc_AttributeError);
    if (row < LEAF) return -1;
    v->row = (short)row;
    return 0;
}

static PyObject *get_partials(Node *v, void *unused)
{
    PyObject *partials = PyTuple_New(v->n);
    for (unsigned int i = 0; partials && i < v->n; i++) {
        PyObject *slope = PyFloat_FromDouble(edges(v)[i].slope);
        if (slope) PyTuple_SET_ITEM(partials, i, slope);
        else Py_CLEAR(partials);
    }
    return partials;
}

/* Other inputs than those that a node was made with get a block of their own. As many as before
 * keep the slopes, of which an other number has none yet. */
static int set_inputs(Node *v, PyObject *given, void *unused)
{
    PyObject *inputs = given ? PySequence_Tuple(given) : NULL;
    Edge *block = NULL;
    if (!given) PyErr_SetNone(PyExc_AttributeError);
    if (!inputs) return -1;
    Py_ssize_t n = PyTuple_GET_SIZE(inputs), n_old = v->n;
    Edge first = v->own[0], *old = edges(v);
    int apart = v->traits & APART;
    for (Py_ssize_t i = 0; i < n; i++)
        if (!IS_NODE(PyTuple_GET_ITEM(inputs, i))) {
            Py_XDECREF(PyObject_CallFunction(refuse, "sO", "inputs", given));
            Py_DECREF(inputs);
            return -1;
        }
    if (n > INT_MAX || (n && !(block = PyMem_Malloc(n * sizeof(Edge))))) {
        Py_DECREF(inputs);
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        block[i] = (Edge){(Node *)Py_NewRef(PyTuple_GET_ITEM(inputs, i)),
                          n == n_old ? old[i].slope : NAN};
    Py_DECREF(inputs);
    v->n = (unsigned int)n;
    v->traits = (v->traits & ~APART) | (n ? APART : 0);
    if (n) v->block = block; /* over the first of its own edges */
    for (Py_ssize_t i = 0; i < n_old; i++) Py_DECREF(!apart && i == 0 ? first.input : old[i].input);
    if (apart) PyMem_Free(old);
    return 0;
}

/* Value(data, label): a float or an int and a string are seen to here, all else in Python. */
static int node_init(Node *v, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    PyObject *number = n ? PyTuple_GET_ITEM(args, 0) : Py_None;
    PyObject *label = n > 1 ? PyTuple_GET_ITEM(args, 1) : empty;
    if (!kwargs && (n == 1 || n == 2) && !v->n && !v->traits && PyUnicode_CheckExact(label) &&
        (PyFloat_CheckExact(number) || PyLong_CheckExact(number))) {
        v->grad = 0.0;
        v->row = LEAF;
        return set_label(v, PyUnicode_GET_LENGTH(label) ? label : empty, NULL) ||
               set_data(v, number) ? -1 : 0;
    }
    PyObject *all = PyTuple_New(n + 1), *done = NULL;
    if (all) {
        PyTuple_SET_ITEM(all, 0, Py_NewRef((PyObject *)v));
        for (Py_ssize_t i = 0; i < n; i++)
            PyTuple_SET_ITEM(all, i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
        done = PyObject_Call(initialize, all, kwargs);
    }
    Py_XDECREF(all);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* --- 6 backpropagation --------------------------------------------------------------------- */

typedef struct { void **item; size_t n, room; } List;

static int push(List *list, void *thing)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        void **item = PyMem_Realloc(list->item, room * sizeof *item);
        if (!item) return -1;
        list->item = item;
        list->room = room;
    }
    list->item[list->n++] = thing;
    return 0;
}

/* On the stack a node that was MET already has this mark: its inputs are in the order by now. */
#define MARK 1
#define MARKED(node) ((void *)((uintptr_t)(node) | MARK))
#define IS_MARKED(node) ((uintptr_t)(node) & MARK)
#define UNMARKED(node) ((Node *)((uintptr_t)(node) & ~(uintptr_t)MARK))

/* The first half of _sweep in backprop.py: inputs before what is made of them; all grads 0.
 * Leaves are listed apart, and before each what its grad held. */
static int sort(Node *output, List *stack, List *order, List *leaves, double **held)
{
    if (push(stack, output) < 0) return -1;
    while (stack->n) {
        Node *v = stack->item[--stack->n];
        if (IS_MARKED(v)) {
            if (push(order, UNMARKED(v)) < 0) { stack->n++; return -1; }
            continue;
        }
        if (v->stage != IDLE) continue;
        if (v->n == 0) {
            size_t n = leaves->n, room = leaves->room;
            if (push(leaves, v) < 0) return -1;
            if (leaves->room != room) {
                double *more = PyMem_Realloc(*held, leaves->room * sizeof(double));
                if (!more) { leaves->n--; return -1; }
                *held = more;
            }
            (*held)[n] = v->grad;
        }
        v->stage = MET;
        v->grad = 0.0;
        if (v->n == 0) continue;
        if (push(stack, MARKED(v)) < 0) { v->stage = IDLE; return -1; }
        Edge *e = edges(v);
        for (unsigned int i = 0; i < v->n; i++)
            if (e[i].input->stage == IDLE && push(stack, e[i].input) < 0) return -1;
    }
    return 0;
}

/* The second half: the chain rule, once per operation. */
static void apply_chain_rule(const List *order)
{
    for (size_t i = order->n; i-- > 0;) {
        Node *v = order->item[i];
        if (v->stage == MET) continue; /* only slopes that pass nothing on lead here */
        Edge *e = edges(v);
        double upstream = v->grad;
        if (v->n == 2 && e[0].slope != 0.0 && e[1].slope != 0.0) { /* the loop, for most */
            Node *a = e[0].input, *b = e[1].input;
            a->grad += e[0].slope * upstream;
            a->stage = REACHED;
            b->grad += e[1].slope * upstream;
            b->stage = REACHED;
            continue;
        }
        int level = v->row != LEAF && rows[v->row].level;
        for (unsigned int j = 0; j < v->n; j++)
            if (e[j].slope != 0.0 || !level) {
                e[j].input->grad += e[j].slope * upstream;
                e[j].input->stage = REACHED;
            }
    }
}

/* sweep(output, anyway): None when it is done. A leaf may come out as nan: then all is put back,
 * and the operations that were reached are returned, for Python to find out why; unless it is to
 * be done anyway. */
static PyObject *core_sweep(PyObject *module, PyObject *const *args, Py_ssize_t n_args)
{
    List stack = {0}, order = {0}, leaves = {0};
    double *held = NULL;
    if (n_args < 1 || !IS_NODE(args[0])) return PyErr_Format(PyExc_TypeError, "sweep");
    Node *output = (Node *)args[0];
    /* Made before anything is marked: a new list may make the collector run, and that any code. */
    PyObject *result = PyList_New(0);
    if (!result) return NULL;
    int sorted = sort(output, &stack, &order, &leaves, &held) == 0, undone = !sorted;
    if (sorted) {
        output->grad = 1.0;
        output->stage = REACHED;
        apply_chain_rule(&order);
        for (size_t i = 0; i < leaves.n && n_args == 1; i++) {
            Node *leaf = leaves.item[i];
            if (isnan(leaf->grad) && leaf->row == LEAF) undone = 1;
        }
    } else {
        Py_CLEAR(result);
        PyErr_NoMemory();
    }
    for (size_t i = 0; i < leaves.n; i++) {
        Node *leaf = leaves.item[i];
        leaf->grad = undone ? held[i] : leaf->grad + held[i];
        leaf->stage = IDLE;
    }
    for (size_t i = 0; i < order.n; i++) {
        Node *v = order.item[i];
        if (undone && result && v->stage == REACHED && PyList_Append(result, (PyObject *)v) < 0)
            Py_CLEAR(result);
        v->stage = IDLE;
    }
    for (size_t i = 0; i < stack.n; i++) UNMARKED(stack.item[i])->stage = IDLE;
    PyMem_Free(stack.item);
    PyMem_Free(order.item);
    PyMem_Free(leaves.item);
    PyMem_Free(held);
    if (undone) return result;
    Py_DECREF(result);
    Py_RETURN_NONE;
}

/* --- 7 the module -------------------------------------------------------------------------- */

static PyGetSetDef attributes[] = {
    {"data", (getter)get_data, (setter)check_data, NULL, NULL},
    {"grad", (getter)get_grad, (setter)check_grad, NULL, NULL},
    {"_data", (getter)get_data, (setter)assign_data, NULL, NULL},
    {"_grad", (getter)get_grad, (setter)assign_grad, NULL, NULL},
    {"op", (getter)get_op, (setter)set_op, NULL, NULL},
    {"inputs", (getter)get_inputs, (setter)set_inputs, NULL, NULL},
    {"partials", (getter)get_partials, (setter)set_partials, NULL, NULL},
    {"label", (getter)get_label, (setter)set_label, NULL, NULL},
    {NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Value(data, label='')\n--\n\n"}, /* the signature; value.py has the rest */
    {Py_tp_new, node_new}, {Py_tp_init, node_init}, {Py_tp_dealloc, node_dealloc},
    {Py_tp_getset, attributes}, {Py_nb_add, node_add}, {Py_nb_subtract, node_subtract},
    {Py_nb_multiply, node_multiply}, {Py_nb_true_divide, node_divide}, {Py_nb_power, node_power},
    {Py_nb_negative, node_minus}, {Py_nb_absolute, node_absolute}, {0, NULL}};

static PyType_Spec specification = {
    "autograd.value.Value", sizeof(Node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

#define METHOD(name, doc) {#name, node_##name, METH_NOARGS, doc},
static PyMethodDef methods[] = {ROWS_OF_ONE_INPUT(METHOD) {NULL}};

/* bind(table, level, methods, compute, __init__, as_float, refuse, Real): once, when value.py is imported.
 * `methods` are the names that value.py gives a Value; those of rows are compiled. */
static PyObject *core_bind(PyObject *module, PyObject *args)
{
    PyObject *table, *level, *names, *row, *place;
    if (!PyArg_ParseTuple(args, "O!OOOOOOO", &PyDict_Type, &table, &level, &names, &compute,
                          &initialize, &as_float, &refuse, &Real))
        return NULL;
    Py_INCREF(compute), Py_INCREF(initialize), Py_INCREF(as_float);
    Py_INCREF(refuse), Py_INCREF(Real);
    if (!(rows = PyMem_Malloc(ROWS * sizeof(Row)))) return PyErr_NoMemory();
    for (n_rows = 0; n_rows < ROWS; n_rows++) {
        const Kernel *k = &kernels[n_rows];
        if (!(row = PyMapping_GetItemString(table, k->name))) return NULL;
        int is_level = PySequence_Contains(level, row);
        rows[n_rows] = (Row){row, k->compute, k->least, k->most, is_level}; /* keeps the row */
        if (is_level < 0 || !(place = PyLong_FromSsize_t(n_rows))) return NULL;
        int failed = PyDict_SetItem(row_of, row, place);
        Py_DECREF(place);
        if (failed) return NULL;
    }
    for (PyMethodDef *each = methods; each->ml_name; each++) {
        PyObject *name = PyUnicode_InternFromString(each->ml_name), *method = NULL;
        int there = name ? PySequence_Contains(names, name) : -1;
        if (there > 0 && (method = PyDescr_NewMethod(Value, each)))
            there = PyObject_SetAttr((PyObject *)Value, name, method);
        Py_XDECREF(name);
        Py_XDECREF(method);
        if (PyErr_Occurred()) return NULL;
    }
    Py_RETURN_NONE;
}

/* use(name, on): whether a row goes through its kernel or through Python. */
static PyObject *core_use(PyObject *module, PyObject *args)
{
    const char *name;
    int on;
    if (!PyArg_ParseTuple(args, "sp", &name, &on)) return NULL;
    for (int i = 0; i < ROWS; i++)
        if (!strcmp(kernels[i].name, name)) rows[i].compute = on ? kernels[i].compute : NULL;
    Py_RETURN_NONE;
}

/* checksum(text): a mixture of its words of 8 bytes; build.py has the same in Python. */
static PyObject *core_checksum(PyObject *module, PyObject *text)
{
    char *bytes;
    Py_ssize_t n;
    if (PyBytes_AsStringAndSize(text, &bytes, &n) < 0) return NULL;
    uint64_t h = (uint64_t)n;
    for (Py_ssize_t i = 0; i < n; i += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, n - i < 8 ? (size_t)(n - i) : 8);
        h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 32;
    }
    return PyLong_FromUnsignedLongLong(h);
}

static PyObject *core_is_bound(PyObject *module, PyObject *unused)
{
    return PyBool_FromLong(n_rows > 0);
}

static PyMethodDef functions[] = {
    {"checksum", core_checksum, METH_O, NULL},
    {"is_bound", core_is_bound, METH_NOARGS, NULL},
    {"bind", core_bind, METH_VARARGS, NULL},
    {"record", (PyCFunction)(void (*)(void))core_record, METH_FASTCALL, NULL},
    {"recompute", core_recompute, METH_O, NULL},
    {"sweep", (PyCFunction)(void (*)(void))core_sweep, METH_FASTCALL, NULL},
    {"use", core_use, METH_VARARGS, NULL},
    {NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "autograd._core", .m_size = -1, .m_methods = functions};

/* The module also says which kernels it has, of which rows each is made, and from which sources
 * all this was built. */
PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition), *uses = PyDict_New();
    empty = PyUnicode_FromString("");
    row_of = PyDict_New();
    kept = PyDict_New();
    Value = (PyTypeObject *)PyType_FromSpec(&specification);
    if (!module || !uses || !empty || !row_of || !kept || !Value) return NULL;
    for (int i = 0; i < ROWS; i++) {
        PyObject *each = kernels[i].compute ? PyUnicode_FromString(kernels[i].uses) : NULL;
        if (each && PyDict_SetItemString(uses, kernels[i].name, each) < 0) return NULL;
        Py_XDECREF(each);
    }
    if (PyModule_AddObjectRef(module, "Value", (PyObject *)Value) < 0 ||
        PyModule_AddObjectRef(module, "USES", uses) < 0 ||
        PyModule_AddStringConstant(module, "FINGERPRINT", FINGERPRINT) < 0)
        return NULL;
    return module;
}
