// SPDX-License-Identifier: BSD-3-Clause

// Batches, rows, linear bounds, bounds of hidden layers, points and verdicts: docs/guide/batches.md to
// verdicts.md.

#include <shardbound/shardbound.hpp>

#include <guide/expect.hpp>

#include <vector>

namespace sb = shardbound;

// [network]
using Net =
    sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::ReLU, sb::Linear<3>, sb::ReLU, sb::Linear<2>>;

template <class Network>
void set_weights(Network& net) {
  net.set_linear(net.linear(0), {1, -1, 1, 1, -0.5, 2}, {0, -0.5, 0.2});
  net.set_linear(net.linear(1), {1, -1, 0.5, -1, 0.5, 1, 0.5, 1, -1}, {0.1, 0, -0.2});
  net.set_linear(net.linear(2), {1, -1, 1, -1, 1, 0.5}, {0, 0.3});
}
// [network]

namespace {

const sb::Box box{{-0.4, -0.3}, {0.6, 0.7}};

double dot(const std::vector<double>& a, std::size_t row, const std::vector<double>& x) {
  return a[2 * row] * x[0] + a[2 * row + 1] * x[1];
}

void methods(const sb::Network<Net>& net) {
  // [methods]
  const auto a = sb::ibp(net, box);        // intervals, layer by layer
  const auto b = sb::crown_ibp(net, box);  // lines over intervals, one pass of rows
  const auto c = sb::crown(net, box);      // lines over the bounds that rows find
  const auto d = sb::crown(net, box, {sb::Intermediates::textbook});
  // [methods]
  expect("IBP, output 0", a.lower[0], -2.2);
  expect("IBP, output 0", a.upper[0], 2.95);
  expect("CROWN-IBP, output 0", b.lower[0], -1.92451613);
  expect("CROWN-IBP, output 0", b.upper[0], 3.60211223);
  expect("CROWN, output 0", c.lower[0], -1.86965517);
  expect("CROWN, output 0", c.upper[0], 2.32);
  expect("textbook CROWN, output 0", d.lower[0], -1.89111111);
  expect("textbook CROWN, output 0", d.upper[0], 3.64870180);
}

void batches(const sb::Network<Net>& net) {
  // [batch]
  auto pass = sb::prepare(net, sb::Crown{}, {.domains = 2});  // allocates, once

  const std::vector<sb::InputSet> sets = {box, sb::Box{{0, 0}, {0.1, 0.1}}};  // at most .domains
  const auto found = pass.run(sets);                           // as often as you like
  for (const auto& bounds : found.outputs) sb::print(bounds);  // one entry a set, in their order
  // [batch]
  expect("a set's bounds know nothing of its batch",
         found.outputs[0].lower[0] == sb::crown(net, box).lower[0]);

  // [stop]
  sb::CancelToken token;
  token.expire_at(sb::CancelToken::Clock::now() + std::chrono::seconds(60));
  try {
    pass.run(sets, {}, {}, &token);  // another thread may call token.cancel()
  } catch (const sb::Cancelled&) {
    std::puts("not in time");
  }
  // [stop]
}

void rows(const sb::Network<Net>& net) {
  // [rows]
  const sb::InputSet set = box;
  auto pass = sb::prepare(net, sb::Crown{sb::Intermediates::textbook}, {.rows = 4});

  // y_0 - y_1 and y_0 + y_1, both sides of each: four row bounds
  const sb::RowQuery query{.matrix = {1, -1, 1, 1}, .sides = sb::Sides::both};
  const auto found = pass.run({&set, 1}, query, {.outputs = false});         // the rows alone
  const double least = found.rows.lower[0], greatest = found.rows.upper[0];  // of y_0 - y_1
  // [rows]
  expect("y_0 - y_1, lower", least, -4.08222222);
  expect("y_0 - y_1, upper", greatest, 5.21419465);
  const auto outputs = sb::crown(net, box, {sb::Intermediates::textbook});
  expect("the difference of bounds is looser", outputs.lower[0] - outputs.upper[1] < least);

  // [domains]
  auto batch = sb::prepare(net, sb::Crown{}, {.domains = 2, .rows = 4});
  const std::vector<sb::InputSet> sets = {box, sb::Box{{0, 0}, {0.1, 0.1}}};

  // Every row over every set, set by set: rows.lower[2 * d + r] is row r over set d.
  const auto all = batch.run(sets, {.matrix = {1, -1, 1, 1}});
  // Or each row over a set of its own: row r over set domain[r].
  const auto some = batch.run(sets, {.matrix = {1, -1, 1, 1}, .domain = {1, 0}});
  // [domains]
  expect("row 0 over set 1, either way", all.rows.lower[2] == some.rows.lower[0]);
  expect("row 1 over set 0, either way", all.rows.lower[1] == some.rows.lower[1]);

  // [hidden rows]
  const int z2 = net.linear(1);
  auto hidden =
      sb::prepare(net, sb::Crown{sb::Intermediates::textbook}, {.rows = 1, .starts = {z2}});
  const auto of_z2 = hidden.run({&set, 1}, {.matrix = {1, 0, 0}, .node = z2});
  // [hidden rows]
  expect("the first of the second layer's neurons", of_z2.rows.lower[0], -0.65);

  // [worst points]
  auto seeker = sb::prepare(net, sb::Crown{}, {.rows = 1, .worst_points = true});
  const auto seen = seeker.run({&set, 1}, {.matrix = {1, -1}}, {.worst_points = true});
  const std::vector<double>& x = seen.worst_points;  // (rows, inputs)
  // [worst points]
  expect("the point is in the set", x[0] >= -0.4 && x[0] <= 0.6 && x[1] >= -0.3 && x[1] <= 0.7);
}

void linear(const sb::Network<Net>& net) {
  // [linear]
  const auto lines = sb::linear_bounds(net, box);  // of every output; rows or a node may be named
  // For every x of the box and output i:
  //   lower.coefficients[i] . x + lower.constant[i] - lower.slack[i] <= y_i
  //   y_i <= upper.coefficients[i] . x + upper.constant[i] + upper.slack[i]
  // [linear]
  const std::vector<double> x = {0.6, -0.3};
  sb::Linearization<double, sb::EigenBackend> network(net, 1);
  const auto y = network.values(x);
  for (std::size_t i = 0; i < 2; ++i) {
    const double below = dot(lines.lower.coefficients, i, x) + lines.lower.constant[i];
    const double above = dot(lines.upper.coefficients, i, x) + lines.upper.constant[i];
    expect("the lines enclose the value", below <= y[i] && y[i] <= above);
  }

  // [many lines]
  auto pass = sb::prepare(net, sb::Crown{}, {.domains = 2, .rows = 4, .linear_bounds = true});
  const std::vector<sb::InputSet> sets = {box, sb::Box{{0, 0}, {0.1, 0.1}}};
  const auto found = pass.run(sets, {.matrix = {1, 0, 0, 1}}, {.linear_bounds = true});
  const auto& below = found.lower_linear;  // coefficients (rows, inputs), constant, slack (rows)
  // [many lines]
  expect("the same line", below.coefficients[2] == lines.lower.coefficients[2]);

  // [coefficients]
  const int h1 = net.activation(0);
  auto keeper = sb::prepare(net, sb::Crown{}, {.rows = 1, .coefficients_at = {h1}});
  const sb::InputSet set = box;
  const auto kept = keeper.run({&set, 1}, {.matrix = {1, -1}}, {.coefficients = true});
  const std::vector<double>& of_h1 = kept.coefficients[0].lower;  // (rows, features of h1)
  // [coefficients]
  expect("as many as the layer has neurons", of_h1.size() == 3);

  // [jacobian]
  const auto tangent = sb::linear_bounds(net, sb::Box{x, x});  // over a point, lines are tangents
  const std::vector<double>& jacobian = tangent.lower.coefficients;  // (outputs, inputs)
  // [jacobian]
  const auto right = network.values(std::vector<double>{0.6 + 1e-6, -0.3});
  expect("d y_0 / d x_0", jacobian[0], std::round((right[0] - y[0]) / 1e-6 * 1e4) / 1e4);

  // [values]
  sb::Linearization<double, sb::EigenBackend> points(net, 2);               // room for two points
  const auto values = points.values(std::vector<double>{0, 0, 0.6, -0.3});  // (points, outputs)
  // [values]
  expect("the same value", values[2] == y[0]);
}

void intermediate(const sb::Network<Net>& net) {
  // [intermediate]
  const int z2 = net.linear(1);
  const sb::InputSet set = box;
  auto pass = sb::prepare(net, sb::Crown{sb::Intermediates::textbook});
  pass.run({&set, 1});
  const auto of_z2 = pass.node_bounds(z2)[0];  // of the last run; one entry a set
  // [intermediate]
  expect("z2_0, lower", of_z2.lower[0], -0.65);
  expect("z2_0, upper", of_z2.upper[0], 1.27);

  // [given]
  auto informed = sb::prepare(net, sb::Crown{sb::Intermediates::textbook}, {.given = {z2}});
  std::vector<sb::GivenBounds> known = {{
      .node = z2,
      .lower = {-0.7, -0.9, -2},  // (sets, features)
      .upper = {1.9, 2.2, 1.05},
      .how = sb::Given::as_they_are,  // nothing is looked for here
  }};
  const auto found = informed.run({&set, 1}, {}, {}, nullptr, known);

  known[0].how = sb::Given::intersected;  // the tighter of the two, neuron by neuron
  const auto tighter = informed.run({&set, 1}, {}, {}, nullptr, known);
  // [given]
  expect("intervals given: CROWN-IBP", found.outputs[0].lower[0], -1.92451613);
  expect("intervals given: CROWN-IBP", found.outputs[0].upper[0], 3.60211223);
  expect("both together, output 0", tighter.outputs[0].lower[0], -1.86965517);
}

void verdicts() {
  // [property]
  // Unsafe: y_0 >= 4 (as -y_0 <= -4), or y_1 <= -3, for some x of the box.
  sb::Property property;
  property.inputs = 2;
  property.outputs = 2;
  property.regions = {{box, {{.rows = {-1, 0}, .rhs = {-4}}, {.rows = {0, 1}, .rhs = {-3}}}}};
  // [property]

  // [verdict]
  sb::Network<Net> net;
  set_weights(net);

  const sb::Verdict verdict = sb::verify(net, property, {.timeout = 10});  // seconds
  std::printf("%s, %zu of %zu clauses refuted\n", std::string(to_string(verdict.answer)).c_str(),
              verdict.refuted, verdict.clauses);
  // [verdict]
  expect("it holds", verdict.answer == sb::Verdict::Answer::unsat);

  // [counterexample]
  property.regions[0].unsafe = {{.rows = {-1, 0}, .rhs = {-1}}};  // now y_0 >= 1 is unsafe
  const auto broken = sb::verify(net, property);
  if (broken.counterexample)
    std::printf("x = (%g, %g) gives y_0 = %g\n", broken.counterexample->x[0],
                broken.counterexample->x[1], broken.counterexample->y[0]);
  // [counterexample]
  expect("it does not hold", broken.answer == sb::Verdict::Answer::sat);
  expect("y_0 there", broken.counterexample->y[0], 1.25);
}

}  // namespace

int main() try {
  sb::Network<Net> net;
  set_weights(net);
  methods(net);
  batches(net);
  rows(net);
  linear(net);
  intermediate(net);
  verdicts();
} catch (const sb::Error& error) {
  std::printf("error: %s\n", error.what());
  return 2;
}
