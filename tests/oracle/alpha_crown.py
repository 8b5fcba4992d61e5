# SPDX-License-Identifier: BSD-3-Clause
"""alpha-CROWN of small networks, slopes optimized through the intermediate bounds, in plain numpy.

The library differentiates a bound with respect to the slopes of its relaxations by formulas worked out by hand. Here
the same bounds are computed forward only, on a tape of elementary operations (tape.py), and the tape is played
backwards: whoever got a formula wrong there does not get it wrong here in the same way. Bounds, gradients and what 1,
2, 5 and 20 evaluations reach go to alpha_crown.json beside this file. Before it is written, gradients are compared
with central differences, the run with itself in extended precision, and bounds with sampled points.

    python3 tests/oracle/alpha_crown.py        # numpy is all it needs; seconds

Rules. Every row is bounded from below; an upper bound is minus the lower bound of the negated row (side 1). z_1 has
its interval bounds. B0: later pre-activations have interval bounds re-evaluated from the bounds found so far, and
where these leave a neuron unstable, both its CROWN bounds intersected with them. Neurons unstable in B0 are listed,
once and for all; each side of each has a slope of its own for every earlier neuron unstable in B0, and so has each
final row. An evaluation recomputes listed sides in order. A side's bound is the best so far; its derivative is that
of the row as recomputed now, also where the best is another's.
"""
import pathlib

import numpy as np

from tape import Tape, choose

SAVED_EVALUATIONS = (1, 2, 5, 20)
LEARNING_RATE, DECAY = 0.1, 0.98
BETA_1, BETA_2, ADAM_EPSILON = 0.9, 0.999, 1e-8
TIE = 0.5 + 1e-9  # an upper slope above it makes the lower slope 1


class Network:
    """z_k = W_k h_{k-1} + b_k, h_k = max(z_k, a z_k), h_0 in a box. FINAL names the rows to be bounded."""

    FINAL = 0

    def __init__(self, weights, biases, lower, upper, rows, negative_slope, scalar=np.float64):
        as_scalars = lambda values: np.array(values, dtype=scalar)
        self.scalar, self.negative_slope = scalar, scalar(negative_slope)
        self.weights = [None] + [as_scalars(weight) for weight in weights]
        self.biases = [None] + [as_scalars(bias) for bias in biases]
        self.lower, self.upper, self.rows = as_scalars(lower), as_scalars(upper), as_scalars(rows)
        self.depth = len(weights)                            # z_depth is the output
        self.hidden = range(1, self.depth)                   # pre-activations that have an activation
        self.exact_zeros = 0                                 # coefficients on a kink of the bound

    def activation(self, z):
        return np.maximum(z, self.negative_slope * z)

    def interval(self, k, lower, upper):
        centre = self.weights[k] @ ((lower + upper) / 2) + self.biases[k]
        radius = np.abs(self.weights[k]) @ ((upper - lower) / 2)
        return centre - radius, centre + radius

    def stable_slopes(self, lower):
        return np.where(lower >= 0, self.scalar(1), self.negative_slope)

    def crown_slopes(self, lower, upper):
        """Lower slopes, of unstable neurons and of the others."""
        unstable = is_unstable(lower, upper)
        steep = (upper - self.negative_slope * lower) / np.where(unstable, upper - lower, 1)
        assert np.all(np.abs(steep - TIE)[unstable] > 1e-6), "a tie: not to be left to rounding"
        chosen = np.where(steep > TIE, self.scalar(1), self.negative_slope)
        return np.where(unstable, chosen, self.stable_slopes(lower))

    def upper_line(self, lower, upper):
        """Slope and intercept, differentiable in bounds of unstable neurons."""
        tape, a = lower.tape, self.negative_slope
        unstable = is_unstable(lower.value, upper.value)
        one = tape.variable(np.ones_like(lower.value))
        chord = (upper - lower.scaled(a)) / choose(unstable, upper - lower, one)
        slope = choose(unstable, chord, tape.variable(self.stable_slopes(lower.value)))
        intercept = choose(unstable, lower.scaled(a) - chord * lower, tape.variable(np.zeros_like(lower.value)))
        return slope, intercept

    def lower_bounds(self, tape, k, rows, bounds, lower_slopes):
        """Lower bounds of rows of z_k. bounds[j]: two nodes; lower_slopes(j): a node, (rows, neurons of z_j)."""
        coefficients = tape.variable(rows)                                                      # (S, n_k)
        constants = coefficients.times(self.biases[k])                                          # (S)
        coefficients = coefficients.times(self.weights[k])                                      # (S, n_{k-1})
        for j in range(k - 1, 0, -1):
            slope, intercept = self.upper_line(*bounds[j])                                      # (n_j), (n_j)
            below = coefficients.value >= 0
            unstable = is_unstable(bounds[j][0].value, bounds[j][1].value)
            self.exact_zeros += int(np.sum((coefficients.value == 0) & unstable))
            none = tape.variable(np.zeros_like(coefficients.value))
            constants = constants + choose(below, none, coefficients * intercept).row_sums()
            coefficients = choose(below, coefficients * lower_slopes(j), coefficients * slope)  # (S, n_j)
            constants = constants + coefficients.times(self.biases[j])
            coefficients = coefficients.times(self.weights[j])                                  # (S, n_{j-1})
        centre, radius = (self.lower + self.upper) / 2, (self.upper - self.lower) / 2
        return constants + coefficients.times(centre) - coefficients.absolute().times(radius)

    def crown(self, k, rows, bounds):
        """Lower bounds of rows of z_k, with the slopes CROWN chooses."""
        tape = Tape()
        nodes = {j: tuple(tape.variable(bound) for bound in bounds[j]) for j in range(1, k)}
        slopes = lambda j: tape.variable(np.tile(self.crown_slopes(*bounds[j]), (len(rows), 1)))
        return self.lower_bounds(tape, k, rows, nodes, slopes).value

    def initial_bounds(self):
        """B0."""
        bounds = {1: self.interval(1, self.lower, self.upper)}
        for k in self.hidden[1:]:
            lower, upper = self.interval(k, *(self.activation(bound) for bound in bounds[k - 1]))
            unstable = np.flatnonzero(is_unstable(lower, upper))
            unit = np.eye(len(lower), dtype=self.scalar)[unstable]
            lower[unstable] = np.maximum(lower[unstable], self.crown(k, unit, bounds))
            upper[unstable] = np.minimum(upper[unstable], -self.crown(k, -unit, bounds))
            bounds[k] = lower, upper
        return bounds


def is_unstable(lower, upper):
    return (lower < 0) & (upper > 0)


class Optimization:
    """Slopes of the final rows, and if `joint` of the listed sides too, with what was best so far.

    slopes[start, j]: (rows of start, listed neurons of z_j). Rows of a start z_k: its listed neurons, side 0
    (+z_i), and then the same neurons, side 1 (-z_i)."""

    def __init__(self, network, joint):
        self.network = network
        self.initial = network.initial_bounds()
        self.listed = {j: np.flatnonzero(is_unstable(*self.initial[j])) for j in network.hidden}
        self.starts = [k for k in network.hidden if k > 1 and joint] + [Network.FINAL]
        self.slopes = {}
        for start in self.starts:
            for j in range(1, start or network.depth):
                chosen = network.crown_slopes(*self.initial[j])[self.listed[j]]
                self.slopes[start, j] = np.tile(chosen, (self.row_count(start), 1))
        self.best = {j: [bound.copy() for bound in self.initial[j]] for j in network.hidden}
        self.best_rows = network.crown(network.depth, network.rows, self.initial)
        self.initial_rows = self.best_rows.copy()
        self.moments = {key: (np.zeros_like(slope), np.zeros_like(slope)) for key, slope in self.slopes.items()}

    def row_count(self, start):
        return 2 * len(self.listed[start]) if start else len(self.network.rows)

    def rows_of(self, start):
        unit = np.eye(len(self.network.biases[start]), dtype=self.network.scalar)[self.listed[start]]
        return np.concatenate([unit, -unit])

    def current_bounds(self, tape, j):
        return tuple(tape.variable(bound) for bound in self.best[j])

    def evaluate(self, slopes, recompute):
        """Final rows' lower bounds, and the derivative of their sum. recompute(k, new) stands for sides of z_k."""
        network, tape = self.network, Tape()
        nodes = {key: tape.variable(slope) for key, slope in slopes.items()}
        bounds = {1: self.current_bounds(tape, 1)}

        def lower_slopes_from(start):
            def lower_slopes(j):
                lower, upper = (bound.value for bound in bounds[j])
                still = is_unstable(lower, upper)[self.listed[j]]
                exact = np.tile(network.stable_slopes(lower), (self.row_count(start), 1))
                everywhere = (slice(None), self.listed[j][still])
                return nodes[start, j].taken((slice(None), np.flatnonzero(still))).put_into(exact, everywhere)
            return lower_slopes

        for k in network.hidden[1:]:
            if k not in self.starts:
                bounds[k] = self.current_bounds(tape, k)
                continue
            new = network.lower_bounds(tape, k, self.rows_of(k), bounds, lower_slopes_from(k))
            sides, count = recompute(k, new), len(self.listed[k])
            lower, upper = sides.taken(slice(0, count)), sides.taken(slice(count, None)).scaled(network.scalar(-1))
            bounds[k] = tuple(side.put_into(best, self.listed[k]) for side, best in zip((lower, upper), self.best[k]))
        final = network.lower_bounds(tape, network.depth, network.rows, bounds, lower_slopes_from(Network.FINAL))
        tape.adjoints(final.total())
        return final.value, {key: node.adjoint for key, node in nodes.items()}

    def improved(self, k, new):
        """The best bound of each side so far, differentiated as what is new."""
        best = np.concatenate([self.best[k][0][self.listed[k]], -self.best[k][1][self.listed[k]]])
        best = np.maximum(best, new.value)
        count = len(self.listed[k])
        self.best[k][0][self.listed[k]], self.best[k][1][self.listed[k]] = best[:count], -best[count:]
        return new.standing_for(best)

    def evaluate_and_keep(self):
        rows, gradient = self.evaluate(self.slopes, self.improved)
        self.best_rows = np.maximum(self.best_rows, rows)
        return gradient

    def step(self, t, gradient):
        """Adam on minus the sum of the rows; slopes that no bound depends on any longer coast on their moments."""
        scalar = self.network.scalar
        rate = scalar(LEARNING_RATE) * scalar(DECAY) ** t
        beta_1, beta_2 = scalar(BETA_1), scalar(BETA_2)
        for key, slope in self.slopes.items():
            first, second = self.moments[key]
            loss = -gradient[key]
            first = beta_1 * first + (1 - beta_1) * loss
            second = beta_2 * second + (1 - beta_2) * loss * loss
            self.moments[key] = first, second
            denominator = np.sqrt(second) / np.sqrt(1 - beta_2 ** (t + 1)) + scalar(ADAM_EPSILON)
            moved = slope - rate / (1 - beta_1 ** (t + 1)) * first / denominator
            self.slopes[key] = np.clip(moved, self.network.negative_slope, 1)

    def run(self):
        """The gradient at the initial slopes; best rows after some evaluations."""
        saved, first_gradient = {}, None
        for t in range(SAVED_EVALUATIONS[-1]):
            gradient = self.evaluate_and_keep()
            if t == 0:
                first_gradient = gradient
            if t + 1 in SAVED_EVALUATIONS:
                saved[t + 1] = self.best_rows.copy()
            if t + 1 < SAVED_EVALUATIONS[-1]:
                self.step(t, gradient)
        return first_gradient, saved

    def listing(self, gradient):
        blocks = []
        for start, j in self.slopes:
            if start:
                names = [(neuron, side) for side in (0, 1) for neuron in self.listed[start]]
            else:
                names = [(row, 0) for row in range(len(self.network.rows))]
            entries = [[int(name), side, int(column), gradient[start, j][row, c]]
                       for row, (name, side) in enumerate(names) for c, column in enumerate(self.listed[j])]
            blocks.append({"start": start, "activation": j, "entries": entries})
        return blocks


# ---- cases ------------------------------------------------------------------------------------------

def small_example():
    return dict(weights=[[[1, -1], [1, 1], [-.5, 2]], [[1, -1, .5], [-1, .5, 1], [.5, 1, -1]],
                         [[1, -1, 1], [-1, 1, .5]]],
                biases=[[0, -.5, .2], [.1, 0, -.2], [0, .3]], lower=[-.4, -.3], upper=[.6, .7],
                rows=[[1, 0], [0, 1]], negative_slope=0)


def random_case(seed, widths, negative_slope, radius):
    """Weights that keep the scale, in multiples of 2^-12 so that every reader has them exactly."""
    random = np.random.RandomState(seed)
    draw = lambda scale, *shape: np.round(scale * random.standard_normal(shape) * 4096) / 4096
    weights = [draw(1.4 / np.sqrt(before), after, before) for before, after in zip(widths, widths[1:])]
    biases = [draw(.3, after) for after in widths[1:]]
    centre, radii = draw(.3, widths[0]), radius + np.abs(draw(radius / 4, widths[0]))
    return dict(weights=weights, biases=biases, lower=centre - radii, upper=centre + radii,
                rows=draw(1, 3, widths[-1]), negative_slope=negative_slope)


CASES = {
    "mlp 2-3-3-2": small_example(),
    "mlp 4-8-8-8-3": random_case(1, [4, 8, 8, 8, 3], 0, radius=.375),
    "mlp 5-12-10-9-4": random_case(2, [5, 12, 10, 9, 4], 0, radius=.1875),
    "leaky mlp 4-8-8-8-3": random_case(3, [4, 8, 8, 8, 3], .1, radius=.375),
}


# ---- checks -----------------------------------------------------------------------------------------

def check_gradient(case):
    """Central differences, at random slopes and the initial ones."""
    random, worst = np.random.RandomState(7), 0.0
    network = Network(**case)
    optimization = Optimization(network, joint=True)
    optimization.evaluate_and_keep()
    recompute = lambda k, new: new
    for trial in range(13):
        slopes = {key: slope.copy() for key, slope in optimization.slopes.items()}
        if trial:
            slopes = {key: random.uniform(network.negative_slope, 1, slope.shape) for key, slope in slopes.items()}
        _, gradient = optimization.evaluate(slopes, recompute)
        for key, slope in slopes.items():
            for _ in range(3):
                place, step, sums = tuple(random.randint(extent) for extent in slope.shape), 1e-6, []
                for sign in (1, -1):
                    moved = {other: values.copy() for other, values in slopes.items()}
                    moved[key][place] += sign * step
                    sums.append(optimization.evaluate(moved, recompute)[0].sum())
                difference = (sums[0] - sums[1]) / (2 * step)
                error = abs(difference - gradient[key][place]) / max(1, abs(difference))
                assert error < 1e-6, (key, place, difference, gradient[key][place])
                worst = max(worst, error)
    return worst


def check_points(network, optimization):
    random = np.random.RandomState(8)
    h = random.uniform(network.lower, network.upper, (2000, len(network.lower)))
    h[:1000] = np.where(random.rand(1000, h.shape[1]) < .5, network.lower, network.upper)
    for k in range(1, network.depth + 1):
        z = h @ network.weights[k].T + network.biases[k]
        if k < network.depth:
            for lower, upper in (optimization.initial[k], optimization.best[k]):
                assert np.all(z >= lower - 1e-12) and np.all(z <= upper + 1e-12)
        h = network.activation(z)
    least = (z @ network.rows.T).min(axis=0)
    assert np.all(least >= optimization.best_rows - 1e-12)
    return least


def distance(first, second):
    return float(np.max(np.abs(first - second) / np.maximum(1, np.abs(first)), initial=0))


def same_run(double, extended):
    """Largest relative distance of two runs of one case: (optimization, gradient, saved rows)."""
    gaps = [distance(double[1][key], extended[1][key]) for key in double[1]]
    gaps += [distance(double[2][t], extended[2][t]) for t in double[2]]
    gaps += [distance(a, b) for j in double[0].best for a, b in zip(double[0].best[j], extended[0].best[j])]
    return max(gaps)


# ---- the file ---------------------------------------------------------------------------------------

def as_json(value, indent=""):
    if isinstance(value, dict):
        inner = indent + " "
        items = (f'{inner}"{key}": {as_json(item, inner)}' for key, item in value.items())
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (list, tuple, np.ndarray)):
        inner = indent + " "
        if len(value) and isinstance(value[0], (dict, list, np.ndarray)):
            return "[\n" + ",\n".join(inner + as_json(item, inner) for item in value) + f"\n{indent}]"
        return "[" + ", ".join(as_json(item) for item in value) + "]"
    return "%d" % value if isinstance(value, int) else "%.17g" % value


def main():
    written = []
    for name, case in CASES.items():
        runs = {}
        for mode in ("fixed", "joint"):
            both = []
            for scalar in (np.float64, np.longdouble):
                optimization = Optimization(Network(**case, scalar=scalar), joint=mode == "joint")
                both.append((optimization, *optimization.run()))
            gap = same_run(*both)
            assert gap < 1e-9, (name, mode, gap)
            runs[mode] = both[0]
            print(f"{name}, {mode}: extended precision differs by {gap:.1e}; coefficients on a kink: "
                  f"{optimization.network.exact_zeros}")
        joint, fixed = runs["joint"][0], runs["fixed"][0]
        network = joint.network
        if name == "mlp 2-3-3-2":
            # as others' implementation prints: row 0 with z_2 intersected with intervals, row 1 with or without
            assert np.allclose(joint.initial_rows, [-1.86965517, -2.15989583], rtol=0, atol=5e-9)
        least = check_points(network, joint)
        check_points(network, fixed)
        share = [f"{len(joint.listed[j])}/{len(network.biases[j])}" for j in network.hidden]
        settled = sum(len(joint.listed[j]) - int(np.sum(is_unstable(*joint.best[j]))) for j in network.hidden)
        print(f"  unstable {' '.join(share)}, at last {settled} fewer; central differences differ by "
              f"{check_gradient(case):.1e}")
        print(f"  initial {joint.initial_rows}\n  fixed   {fixed.best_rows}\n  joint   {joint.best_rows}, "
              f"no worse than fixed: {np.all(joint.best_rows >= fixed.best_rows - 1e-12)}\n  sampled {least}")

        entry = {"name": name, "activation": "LeakyReLU" if case["negative_slope"] else "ReLU",
                 "negative_slope": float(case["negative_slope"]),
                 "weights": network.weights[1:], "biases": network.biases[1:], "lower": network.lower,
                 "upper": network.upper, "rows": network.rows,
                 "initial_bounds": [{"lower": low, "upper": up} for low, up in joint.initial.values()],
                 "initial_rows": joint.initial_rows}
        for mode, (optimization, gradient, saved) in runs.items():
            entry[mode] = {"gradient": optimization.listing(gradient),
                           "evaluations": {str(count): rows for count, rows in saved.items()}}
        entry["joint"]["final_bounds"] = [{"lower": low, "upper": up} for low, up in joint.best.values()]
        written.append(entry)
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(as_json({"schema": 1, "cases": written}) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
