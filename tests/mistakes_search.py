"""A seeded search: random networks in NumPy, right and with one planted mistake each.

    python tests/mistakes_search.py --networks 1000 --seed 0

A right network must pass without a false alarm. A mistake that moves the gradient by more than
1e-5 of its size must be seen, and nine of ten named: an explanation counts if the gradient with
that mistake is the one that was returned, digit for digit, and it is more than a bare factor.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter

import numpy as np
from tqdm import tqdm

from autograd import check_gradients


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda z, a: a * (1 - a)),
    "tanh": (np.tanh, lambda z, a: 1 - a**2),
    "relu": (lambda z: np.maximum(0, z), lambda z, a: (z > 0) * 1.0),
    "masked": (lambda z: z * (z > 0), lambda z, a: (z > 0) * 1.0),
    "leaky": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z, a: np.where(z > 0, 1.0, 0.01)),
}
AT_A = {
    "sigmoid": lambda a: sigmoid(a) * (1 - sigmoid(a)),
    "tanh": lambda a: 1 - np.tanh(a) ** 2,
    "leaky": None, "relu": None, "masked": None,
}  # fmt: skip


class Network:
    """Layers of random widths, with a loss, a penalty or none, a skip connection or none."""

    def __init__(self, generator):
        self.depth = int(generator.integers(1, 4))
        width = [int(n) for n in generator.integers(1, 6, self.depth + 1)]
        self.skip = self.depth > 1 and generator.random() < 0.3
        if self.skip:
            width[2] = width[1]
        self.loss = str(generator.choice(["logistic", "squares", "half squares", "softmax"]))
        width.append(int(generator.integers(2, 5)) if self.loss == "softmax" else 1)
        self.kinds = [str(k) for k in generator.choice(list(ACTIVATIONS), self.depth)]
        self.penalty = float(generator.choice([0.0, 0.7]))
        m = int(generator.integers(2, 9))
        self.X = generator.normal(size=(width[0], m))
        if self.loss == "softmax":
            self.Y = np.eye(width[-1])[generator.integers(0, width[-1], m)].T
        elif self.loss == "logistic":
            self.Y = generator.integers(0, 2, (1, m)) * 1.0
        else:
            self.Y = generator.normal(size=(1, m))
        self.parameters = {}
        for layer in range(1, self.depth + 2):
            shape = (width[layer], width[layer - 1])
            self.parameters[f"W{layer}"] = generator.normal(size=shape) / np.sqrt(shape[1])
            self.parameters[f"b{layer}"] = generator.normal(size=(width[layer], 1)) * 0.3
        self.width = width

    def cost(self, parameters, X, Y):
        m = X.shape[1]
        A, cache = X, {"A0": X}
        for layer in range(1, self.depth + 1):
            Z = parameters[f"W{layer}"] @ A + parameters[f"b{layer}"]
            H = ACTIVATIONS[self.kinds[layer - 1]][0](Z)
            A = H + A if self.skip and layer == 2 else H
            cache |= {f"Z{layer}": Z, f"H{layer}": H, f"A{layer}": A}
        last = self.depth + 1
        Z = parameters[f"W{last}"] @ A + parameters[f"b{last}"]
        if self.loss == "logistic":
            P = 1 / (1 + np.exp(-Z))
            cost = -np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P)) / m
        elif self.loss == "softmax":
            E = np.exp(Z)
            P = E / np.sum(E, axis=0, keepdims=True)
            cost = -np.sum(Y * np.log(P)) / m
        else:
            P = Z
            cost = np.sum((P - Y) ** 2) / m / (2 if self.loss == "half squares" else 1)
        cache |= {"Z": Z, "P": P}
        for name, array in parameters.items():
            if self.penalty and name.startswith("W"):
                cost = cost + self.penalty / (2 * m) * np.sum(array**2)
        return cost, cache

    def gradients(self, parameters, cache, X, Y, mistake=(), layer_of=1, rate=0.3):
        m = X.shape[1]
        parameters = dict(parameters)
        P = cache["P"]
        if mistake in ("a term of the loss is forgotten", "softmax entry by entry"):
            dZ = -Y / P * P * (1 - P)
        elif mistake == "broadcast":
            error = P.ravel()[:, None] - Y.ravel()[None, :]
            dZ = error.sum(axis=1).reshape(1, -1)
            dZ = dZ * 2 if self.loss == "squares" else dZ
        else:
            dZ = P - Y
            dZ = dZ * 2 if self.loss == "squares" and mistake != "½ forgotten" else dZ
            dZ = dZ * 2 if self.loss == "half squares" and mistake == "½ forgotten" else dZ
        dZ = dZ / (m if mistake != "1/m is missing" else 1)
        if mistake == "1/m is double":
            dZ = dZ / m
        grads = {}
        for layer in range(self.depth + 1, 0, -1):
            here = layer == layer_of
            A = cache[f"A{layer - 1}"]
            if here and mistake == "z in place of a" and layer > 1:
                A = cache[f"Z{layer - 1}"]
            W = parameters[f"W{layer}"]
            dW = dZ @ A.T
            db = np.sum(dZ, axis=1, keepdims=True)
            if here and mistake == "bias over the wrong axis":
                db = np.sum(dZ, axis=0, keepdims=True)
            if here and mistake == "bias averaged":
                db = np.mean(dZ, axis=1, keepdims=True)
            if here and mistake == "bias over both axes":
                db = np.sum(dZ)
            if here and mistake == "only the last example":
                dW, db = dZ[:, -1:] @ A[:, -1:].T, dZ[:, -1:]
            if self.penalty:
                factor = self.penalty / m
                if mistake == "λ for λ/m":
                    factor = self.penalty
                if mistake == "½ of the penalty forgotten":
                    factor = 2 * self.penalty / m
                if mistake != "penalty forgotten":
                    dW = dW + factor * W
                if mistake == "biases penalised":
                    db = db + factor * parameters[f"b{layer}"]
            grads |= {f"dW{layer}": dW, f"db{layer}": db}
            if mistake == "updated too early" and here:
                W = W - rate * dW
            dA = (W if here and mistake == "transpose forgotten" else W.T) @ dZ
            if layer > 1:
                dZ = self.through(layer - 1, dA, cache, mistake, layer_of)
                if self.skip and layer - 1 == 2:
                    self.around = dA  # the skip connection goes round this layer
                elif self.skip and layer - 1 == 1:
                    total = dA if mistake == "= for +=" else dA + self.around
                    dZ = self.through(1, total, cache, mistake, layer_of)
        if mistake == "sign":
            grads[f"dW{layer_of}"] = -grads[f"dW{layer_of}"]
        if mistake == "transposed":
            grads[f"dW{layer_of}"] = grads[f"dW{layer_of}"].T
        if mistake == "factor 2":
            grads[f"db{layer_of}"] = 2 * grads[f"db{layer_of}"]
        if mistake == "another argument":
            grads[f"dW{layer_of}"] = grads[f"dW{layer_of - 1}"]
        if mistake == "an input forgotten":
            grads[f"dW{layer_of}"] = grads[f"dW{layer_of}"].copy()
            grads[f"dW{layer_of}"][:, 0] = 0
        return grads

    def through(self, layer, dA, cache, mistake, layer_of):
        kind = self.kinds[layer - 1]
        Z, H = cache[f"Z{layer}"], cache[f"H{layer}"]
        slope = ACTIVATIONS[kind][1](Z, H)
        if layer == layer_of:
            if mistake == "σ′ left out":
                slope = 1
            elif mistake == "σ′ at a":
                slope = AT_A[kind](H)
            elif mistake == "σ′ of another layer":
                other = 2 if layer == 1 else 1
                kind = self.kinds[other - 1]
                slope = ACTIVATIONS[kind][1](cache[f"Z{other}"], cache[f"H{other}"])
            elif mistake == "mask by the gradient":
                slope = (dA > 0) * 1.0
        return dA * slope

    def applicable(self, layer):
        """The mistakes that can be made in that layer."""
        hidden = layer <= self.depth
        yield from ["sign", "transposed", "factor 2", "1/m is missing", "1/m is double",
                    "bias over the wrong axis", "bias averaged", "bias over both axes",
                    "an input forgotten", "only the last example"]  # fmt: skip
        if hidden:
            yield "σ′ left out"
            if AT_A[self.kinds[layer - 1]]:
                yield "σ′ at a"
            if self.kinds[layer - 1] in ("relu", "masked"):
                yield "mask by the gradient"
            if self.depth > 1 and layer <= 2 and self.width[1] == self.width[2]:
                yield "σ′ of another layer"
        if layer > 1:
            yield "updated too early"
            yield "z in place of a"
            if self.width[layer] == self.width[layer - 1]:
                yield "transpose forgotten"
                if self.parameters[f"W{layer}"].shape == self.parameters[f"W{layer - 1}"].shape:
                    yield "another argument"
        if self.penalty:
            yield from ["λ for λ/m", "penalty forgotten", "biases penalised"]
            yield "½ of the penalty forgotten"
        if self.skip:
            yield "= for +="
        if self.loss == "logistic":
            yield "a term of the loss is forgotten"
        if self.loss == "softmax":
            yield "softmax entry by entry"
        if "squares" in self.loss:
            yield from ["broadcast", "½ forgotten"]


def check(network, mistake=(), layer=1):
    def gradients(parameters, cache, X, Y):
        return network.gradients(parameters, cache, X, Y, mistake, layer)

    return check_gradients(network.cost, gradients, network.parameters, X=network.X, Y=network.Y)


def moved(network, mistake, layer):
    """By how much the mistake moves the gradient, as part of its size; infinite for a shape."""
    _, cache = network.cost(network.parameters, network.X, network.Y)
    right = network.gradients(network.parameters, cache, network.X, network.Y)
    wrong = network.gradients(network.parameters, cache, network.X, network.Y, mistake, layer)
    apart = size = 0.0
    for name, array in right.items():
        other = np.asarray(wrong[name])
        if other.size == array.size == 1:
            other = other.reshape(array.shape)
        if other.shape != array.shape:
            return np.inf
        apart += float(np.sum((other - array) ** 2))
        size += float(np.sum(array**2))
    return np.sqrt(apart / size) if size else 0.0


BARE = re.compile(r"(is|are) [\d.e+−-]+ times what (it|they) should be$")


def named(report):
    return any(not BARE.search(each.text) for each in report.explanations)


def search(networks, seed, progress=False):
    """False alarms; the mistakes that were planted, those not seen, and those not named."""
    generator = np.random.default_rng(seed)
    alarms, unseen, unnamed = [], [], []
    planted = Counter()
    for _ in tqdm(range(networks), disable=not progress):
        network = Network(generator)
        report = check(network)
        if not report.right:
            alarms.append(str(report))
        while True:
            layer = int(generator.integers(1, network.depth + 2))
            mistake = str(generator.choice(list(network.applicable(layer))))
            if moved(network, mistake, layer) > 1e-5:
                break
            network = Network(generator)
        planted[mistake] += 1
        report = check(network, mistake, layer)
        if report.right:
            unseen.append((mistake, layer, network))
        elif not named(report):
            unnamed.append((mistake, layer, network, str(report)))
    return alarms, planted, unseen, unnamed


def main():
    """Run the search and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=3, help="reports of what is not named")
    options = parser.parse_args()
    alarms, planted, unseen, unnamed = search(options.networks, options.seed, progress=True)
    for report in alarms:
        print(f"false alarm: {report}\n")
    for mistake, layer, network, report in unnamed[: options.show]:
        print(f"not named: {mistake}, layer {layer}, {network.kinds} {network.loss}\n{report}\n")
    missed = Counter(mistake for mistake, *_ in unnamed)
    for mistake, n in sorted(planted.items()):
        print(f"{n:5} {mistake}{f': {missed[mistake]} not named' if missed[mistake] else ''}")
    print(
        f"{options.networks} right networks: {len(alarms)} false alarms. Of as many with one "
        f"mistake {len(unseen)} are not seen, and {len(unnamed)} not named."
    )
    for mistake, layer, _ in unseen:
        print(f"not seen: {mistake}, layer {layer}")


if __name__ == "__main__":
    main()
