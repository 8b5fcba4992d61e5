// SPDX-License-Identifier: BSD-3-Clause

// Lines that are optimised, and slopes from one run to the next: docs/guide/slopes.md.

#include <shardbound/shardbound.hpp>

#include <guide/expect.hpp>

#include <memory>
#include <vector>

namespace sb = shardbound;

using Net =
    sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::ReLU, sb::Linear<3>, sb::ReLU, sb::Linear<2>>;

namespace {

const sb::Box box{{-0.4, -0.3}, {0.6, 0.7}};

template <class Network>
void set_weights(Network& net) {
  net.set_linear(net.linear(0), {1, -1, 1, 1, -0.5, 2}, {0, -0.5, 0.2});
  net.set_linear(net.linear(1), {1, -1, 0.5, -1, 0.5, 1, 0.5, 1, -1}, {0.1, 0, -0.2});
  net.set_linear(net.linear(2), {1, -1, 1, -1, 1, 0.5}, {0, 0.3});
}

double in_thousandths(double x) { return std::round(x * 1000) / 1000; }

void calls(const sb::Network<Net>& net) {
  // [calls]
  const auto fixed = sb::crown(net, box);
  const auto better = sb::alpha_crown(net, box);
  // Bounds inside the network stay CROWN's, and only the outputs' own lines are optimised.
  const auto fewer = sb::alpha_crown(
      net, box, {.optimisation = {.iterations = 20, .of = sb::Optimisation::Of::last_rows}});
  // [calls]
  expect("CROWN", fixed.upper[0], 2.32);
  expect("last rows alone", in_thousandths(fewer.upper[0]), 1.866);
  expect("all rows", in_thousandths(better.upper[0]), 1.596);
  for (std::size_t i = 0; i < 2; ++i) {
    expect("never looser", better.lower[i] >= fixed.lower[i]);
    expect("never looser", better.upper[i] <= fixed.upper[i]);
  }
}

void rows(const sb::Network<Net>& net) {
  // [rows]
  const sb::InputSet set = box;
  auto pass = sb::prepare(net, sb::AlphaCrown{{.iterations = 50, .patience = 10}}, {.rows = 2});
  // -y_0 > -1.7, or y_1 > -0.5: either is enough, so both rows are of one group.
  const sb::RowQuery query{.matrix = {-1, 0, 0, 1}, .targets = {-1.7, -0.5}, .groups = {0, 0}};
  const auto found = pass.run({&set, 1}, query, {.outputs = false});
  const sb::Trajectory& grown = found.trajectories[0];
  for (std::size_t t = 0; t < grown.mean.size(); ++t)
    std::printf("%.6f s: mean %.6f, least %.6f\n", grown.seconds[t], grown.mean[t], grown.least[t]);
  // [rows]
  expect("good enough", found.rows.lower[0] > -1.7);
  expect("and over", grown.mean.size() < 50);
}

void out_and_in(const sb::Network<Net>& net) {
  // [out]
  const sb::InputSet set = box;
  auto seeker = sb::prepare(net, sb::AlphaCrown{}, {.rows = 1});
  const sb::RowQuery query{.matrix = {-1, 0}};
  const auto found = seeker.run({&set, 1}, query, {.outputs = false, .slopes = true});
  const sb::Slopes& slopes = found.slopes;  // plain numbers, complete on every rank
  // [out]

  // [in]
  const sb::InputSet half = sb::Box{{-0.4, -0.3}, {0.1, 0.7}};
  auto informed = sb::prepare(net, sb::AlphaCrown{{.iterations = 1}}, {.rows = 1});
  const auto soon = informed.run({&half, 1}, query, {.outputs = false, .begin_with = &slopes});
  // [in]
  auto plain = sb::prepare(net, sb::Crown{}, {.rows = 1});
  auto unaware = sb::prepare(net, sb::AlphaCrown{{.iterations = 1}}, {.rows = 1});
  const double fixed = plain.run({&half, 1}, query).rows.lower[0];
  const double from_crown = unaware.run({&half, 1}, query, {.outputs = false}).rows.lower[0];
  expect("half the box: CROWN", fixed, -4.0 / 3);
  expect("one evaluation, from CROWN's slopes", in_thousandths(from_crown), -1.333);
  expect("one evaluation, from those found", in_thousandths(soon.rows.lower[0]), -1.051);
  const auto back = informed.run({&set, 1}, query, {.outputs = false, .begin_with = &slopes});
  expect("the same box again", back.rows.lower[0] >= found.rows.lower[0] - 1e-9);
}

}  // namespace

int main() try {
  sb::Network<Net> net;
  set_weights(net);
  calls(net);
  rows(net);
  out_and_in(net);
} catch (const sb::Error& error) {
  std::printf("error: %s\n", error.what());
  return 2;
}
