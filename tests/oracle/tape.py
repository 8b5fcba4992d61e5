# SPDX-License-Identifier: BSD-3-Clause
"""Reverse differentiation of numpy arrays: a tape of elementary operations, played backwards.

There is nothing to run; alpha_crown.py imports it. All it knows of bounds is that a value may stand for another."""
import numpy as np


class Tape:
    """Arrays, each with the operation that made it; played backwards it gives derivatives."""

    def __init__(self):
        self.nodes = []

    def variable(self, value, *parents):
        """A value; parents are pairs (node, function from this node's adjoint to its share)."""
        node = Node(self, value, parents)
        self.nodes.append(node)
        return node

    def adjoints(self, result):
        for node in self.nodes:
            node.adjoint = np.zeros_like(node.value)
        result.adjoint = np.ones_like(result.value)
        for node in reversed(self.nodes):
            for parent, share in node.parents:
                parent.adjoint = parent.adjoint + reduced(share(node.adjoint), parent.value.shape)


class Node:
    def __init__(self, tape, value, parents):
        self.tape, self.value, self.parents, self.adjoint = tape, value, parents, None

    def __add__(self, other):
        return self.tape.variable(self.value + other.value, (self, lambda g: g), (other, lambda g: g))

    def __sub__(self, other):
        return self.tape.variable(self.value - other.value, (self, lambda g: g), (other, lambda g: -g))

    def __mul__(self, other):
        return self.tape.variable(self.value * other.value, (self, lambda g: g * other.value),
                                  (other, lambda g: g * self.value))

    def __truediv__(self, other):
        ratio = self.value / other.value
        return self.tape.variable(ratio, (self, lambda g: g / other.value),
                                  (other, lambda g: -g * ratio / other.value))

    def times(self, matrix):
        """Product with a constant matrix or vector, from the right."""
        if matrix.ndim == 1:
            return self.tape.variable(self.value @ matrix, (self, lambda g: g[:, None] * matrix))
        return self.tape.variable(self.value @ matrix, (self, lambda g: g @ matrix.T))

    def scaled(self, constant):
        return self.tape.variable(self.value * constant, (self, lambda g: g * constant))

    def absolute(self):
        return self.tape.variable(np.abs(self.value), (self, lambda g: g * np.sign(self.value)))

    def row_sums(self):
        width = self.value.shape[1]
        return self.tape.variable(self.value.sum(axis=1), (self, lambda g: np.repeat(g[:, None], width, 1)))

    def total(self):
        return self.tape.variable(self.value.sum(), (self, lambda g: g * np.ones_like(self.value)))

    def taken(self, index):
        def share(adjoint):
            spread = np.zeros_like(self.value)
            spread[index] = adjoint  # no index is named twice
            return spread
        return self.tape.variable(self.value[index], (self, share))

    def put_into(self, constant, index):
        """The constant with these values at index."""
        value = constant.copy()
        value[index] = self.value
        return self.tape.variable(value, (self, lambda g: g[index]))

    def standing_for(self, value):
        """Another value, with this one's derivative."""
        return self.tape.variable(value, (self, lambda g: g))


def choose(condition, first, second):
    return first.tape.variable(np.where(condition, first.value, second.value),
                               (first, lambda g: np.where(condition, g, 0)),
                               (second, lambda g: np.where(condition, 0, g)))


def reduced(adjoint, shape):
    """An adjoint summed over what was broadcast."""
    while adjoint.ndim > len(shape):
        adjoint = adjoint.sum(axis=0)
    for axis, extent in enumerate(shape):
        if extent == 1 and adjoint.shape[axis] != 1:
            adjoint = adjoint.sum(axis=axis, keepdims=True)
    return adjoint
