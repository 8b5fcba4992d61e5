// SPDX-License-Identifier: BSD-3-Clause

// Rows over parts of domains: E4 of the worked numbers, points that are in a part, and what must not show.

#include <doctest/doctest.h>

#include <shardbound/shardbound.hpp>
#include <tests/support/by_hand.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace shardbound_test;

namespace {

using E4 =
    sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::ReLU, sb::Linear<3>, sb::ReLU, sb::Linear<2>>;
const std::vector<Affine> weights = {
    {{1, -1, 1, 1, -0.5, 2}, {0, -0.5, 0.2}},
    {{1, -1, 0.5, -1, 0.5, 1, 0.5, 1, -1}, {0.1, 0, -0.2}},
    {{1, -1, 1, -1, 1, 0.5}, {0, 0.3}},
};
constexpr sb::PartOptions as_published{
    .iterations = 50, .slope_rate = 0.01, .multiplier_rate = 0.05, .decay = 0.98};

/// Everything that a pass over random boxes of a network knows, and parts of it drawn at random.
template <class Net, class T, class Backend>
struct Parted {
  sb::Network<Net, T, Backend> network;
  HostNetwork host;
  sb::Pass<T, Backend> pass;
  std::vector<sb::InputSet> sets;
  std::vector<std::vector<sb::NeuronSplit>> unstable;  // by domain, on no side yet

  Parted(unsigned seed, sb::AnyCommunicator communicator = {}, sb::index_t wave = 0)
      : network(std::move(communicator)),
        host(HostNetwork::random(network, seed)),
        pass(network, sb::Method{},
             {.domains = 2, .rows = 24, .wave = wave, .linear_bounds = true}) {
    host.copy_to(network);
    std::mt19937 random(seed);
    sb::RowQuery query;
    for (std::int32_t d = 0; d < 2; ++d) {
      std::vector<double> centre;
      for (sb::index_t i = 0; i < network.inputs(); ++i)
        centre.push_back(static_cast<float>(uniform(random, -1, 1)));
      sets.push_back(cube_around(centre, 0.5));
      for (int r = 0; r < 2; ++r) {
        query.domain.push_back(d);
        for (sb::index_t i = 0; i < network.outputs(); ++i)
          query.matrix.push_back(static_cast<float>(uniform(random, -1, 1)));
      }
    }
    rows = query.matrix;
    pass.run(sets, query, {.outputs = false});
    unstable.resize(2);
    for (int v = 1; v < network.plan().size(); ++v) {
      if (!network.plan().is_activation(v)) continue;
      const auto bounds = pass.node_bounds(network.plan().input_of(v));
      for (std::size_t d = 0; d < 2; ++d)
        for (std::size_t i = 0; i < bounds[d].lower.size(); ++i)
          if (curves({v}) || (bounds[d].lower[i] < 0 && bounds[d].upper[i] > 0))
            unstable[d].push_back({v, static_cast<std::int32_t>(i), 1});
    }
  }
  bool curves(const sb::NeuronSplit& split) const {
    const auto operation = static_cast<std::size_t>(network.plan()[split.activation].operation);
    return !network.kernels().functions[operation].bends_at_zero;
  }
  std::vector<double> rows;

  /// The parts that points of domain d are in, where some neurons are split.
  std::vector<sb::PartRow> parts(unsigned seed, std::size_t count) {
    std::mt19937 random(seed);
    std::vector<sb::PartRow> all;
    for (std::size_t k = 0; k < count; ++k) {
      sb::PartRow part;
      part.row = static_cast<std::int32_t>(random() % 4);
      part.target = std::numeric_limits<double>::infinity();
      part.group = static_cast<std::int32_t>(k);
      auto candidates = unstable[static_cast<std::size_t>(part.row / 2)];
      std::shuffle(candidates.begin(), candidates.end(), random);
      candidates.resize(std::min<std::size_t>(candidates.size(), random() % 6));
      const auto values = host.values(point(static_cast<std::size_t>(part.row / 2), random));
      for (sb::NeuronSplit split : candidates) {
        const auto z = static_cast<double>(input_of(values, split));
        split.side = z >= 0 ? 1 : -1;
        if (curves(split) || random() % 2) {
          split.side = random() % 2 ? 1 : -1;
          split.point = static_cast<float>(z - split.side * uniform(random, 0.01, 0.3));
          // Some neurons are known from both sides.
          if (random() % 2) part.splits.push_back(split);
          split.point = static_cast<float>(z + split.side * uniform(random, 0.01, 0.3));
          split.side = -split.side;
        }
        part.splits.push_back(split);
      }
      all.push_back(std::move(part));
    }
    return all;
  }
  std::vector<double> point(std::size_t domain, std::mt19937& random) const {
    std::vector<double> x;
    const auto& box = sets[domain].box;
    for (std::size_t i = 0; i < box.lower.size(); ++i)
      x.push_back(
          std::clamp(uniform(random, box.lower[i], box.upper[i]), box.lower[i], box.upper[i]));
    return x;
  }
  long double input_of(const std::vector<Values>& values, const sb::NeuronSplit& split) const {
    const auto below = static_cast<std::size_t>(network.plan().input_of(split.activation));
    return values[below][static_cast<std::size_t>(split.neuron)];
  }
  bool is_in(const std::vector<Values>& values, const sb::PartRow& part) const {
    return std::all_of(part.splits.begin(), part.splits.end(), [&](const sb::NeuronSplit& split) {
      return split.side * (input_of(values, split) - split.point) >= 0;
    });
  }
};

using Deep = sb::Sequential<sb::Input<3>, sb::Linear<9>, sb::ScaleShift, sb::ReLU, sb::Linear<8>,
                            sb::LeakyReLU, sb::ScaleShift, sb::Linear<7>, sb::Abs, sb::Linear<3>>;
using Curved =
    sb::Sequential<sb::Input<3>, sb::Linear<9>, sb::Tanh, sb::Linear<8>, sb::Sigmoid,
                   sb::ScaleShift, sb::Linear<7>, sb::Gelu, sb::Linear<6>, sb::ReLU, sb::Linear<3>>;

}  // namespace

TEST_CASE("E4: one split in each layer, as published") {
  sb::Network<E4> network;
  set(network, weights);
  sb::Pass<double, sb::EigenBackend> pass(network, sb::Method{sb::Intermediates::textbook},
                                          {.domains = 1, .rows = 2});
  const auto box = cube_around({0.1, 0.2}, 0.5);
  pass.run({&box, 1}, {{0, 1}, {0}}, {.outputs = false});
  for (const auto& [side, bound, multiplier] :
       {std::tuple{1, -0.76655103, 1.00360114}, std::tuple{-1, -0.76755144, 0.0}}) {
    sb::PartRow part;
    part.splits = {{2, 0, 1}, {4, 1, side}};
    part.target = std::numeric_limits<double>::infinity();
    const auto found = pass.bound_parts({&part, 1}, as_published);
    CHECK(found.lower[0] == doctest::Approx(bound).epsilon(1e-6));
    CHECK(found.multipliers[0][0] == doctest::Approx(0.0));
    // The reference keeps those of another step that is as good.
    CHECK(found.multipliers[0][1] == doctest::Approx(multiplier).epsilon(0.02));
  }
}

template <class Net, class T>
struct Case {
  using Network = Net;
  using Scalar = T;
};

TEST_CASE_TEMPLATE("no point of a part is below its bound", C, Case<Deep, float>,
                   Case<Deep, double>, Case<Curved, float>, Case<Curved, double>) {
  int inside = 0, better = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    Parted<typename C::Network, typename C::Scalar, sb::EigenBackend> one(seed);
    auto parts = one.parts(seed, 12);
    const auto whole = one.pass.bound_parts(parts, {.iterations = 1});
    const auto found = one.pass.bound_parts(parts, {.iterations = 12, .coefficients = true});
    std::mt19937 random(seed);
    for (std::size_t k = 0; k < parts.size(); ++k) {
      CHECK(found.lower[k] >= whole.lower[k]);
      better += found.lower[k] > whole.lower[k];
    }
    REQUIRE(found.kept.size() == parts.size());
    for (int draw = 0; draw < 300; ++draw)
      for (std::size_t d = 0; d < 2; ++d) {
        const auto x = one.point(d, random);
        const auto values = one.host.values(x);
        for (std::size_t k = 0; k < parts.size(); ++k) {
          const auto& part = parts[k];
          if (static_cast<std::size_t>(part.row / 2) != d || !one.is_in(values, part)) continue;
          ++inside;
          long double y = 0, line = found.linear.constant[k] - found.linear.slack[k];
          for (std::size_t i = 0; i < 3; ++i) {
            y += static_cast<long double>(one.rows[static_cast<std::size_t>(part.row) * 3 + i]) *
                 values.back()[i];
            line += static_cast<long double>(found.linear.coefficients[k * 3 + i]) * x[i];
          }
          CHECK(y >= static_cast<long double>(found.lower[k]) - found.slack[k]);
          CHECK(y >= line);
        }
      }
  }
  CHECK(inside > 2000);
  CHECK(better > 30);
}

TEST_CASE("a child that begins with what its parent found is no looser") {
  Parted<Deep, double, sb::EigenBackend> one(3);
  auto parts = one.parts(5, 10);
  const auto parent = one.pass.bound_parts(parts, {.iterations = 10});
  for (std::size_t k = 0; k < parts.size(); ++k) {
    parts[k].slopes = parent.slopes[k];
    parts[k].multipliers = parent.multipliers[k];
  }
  const auto again = one.pass.bound_parts(parts, {.iterations = 1});
  for (std::size_t k = 0; k < parts.size(); ++k)
    CHECK(again.lower[k] == doctest::Approx(parent.lower[k]).epsilon(1e-6));
}

// y = relu(x) - relu(x + 5) / 2 + 5 / 2 = relu(x) - x / 2, which is nowhere below 0: the line of slope 1/2 says so. As it is
// and negative.
TEST_CASE("a bend's input that is known beside its side: a free line below, a chord over less") {
  using Bend = sb::Sequential<sb::Input<1>, sb::Linear<2>, sb::ReLU, sb::Linear<2>>;
  sb::Network<Bend> network;
  network.set_linear(1, std::vector<double>{1, 1}, std::vector<double>{0, 5});
  network.set_linear(3, std::vector<double>{1, -0.5, -1, 0.5}, std::vector<double>{2.5, -2.5});
  sb::Pass<double, sb::EigenBackend> pass(network, sb::Method{}, {.domains = 1, .rows = 2});
  const sb::InputSet box = sb::Box{{-1}, {1}};
  pass.run({&box, 1}, {{1, 0, 0, 1}, {0, 0}}, {.outputs = false});
  const auto bound = [&](std::int32_t row, std::vector<sb::NeuronSplit> splits, int iterations) {
    sb::PartRow part;
    part.row = row;
    part.splits = std::move(splits);
    part.target = std::numeric_limits<double>::infinity();
    return pass.bound_parts({&part, 1}, {.iterations = iterations}).lower[0];
  };
  // Its line begins with slope 1, which is -1/2 where x is -1, or more with a multiplier.
  CHECK(bound(0, {{2, 0, 1, -0.25F}}, 1) == doctest::Approx(-0.5));
  CHECK(bound(0, {{2, 0, 1, -0.25F}}, 60) > -0.02);
  CHECK(bound(0, {{2, 0, 1, -0.25F}}, 60) <= 0);
  // -y is -1/2 at most at either end; the chord over [-1, 1] is (x + 1) / 2, that over [-1/4, 1] is (4 x + 1) / 5.
  CHECK(bound(1, {}, 1) == doctest::Approx(-0.5));
  CHECK(bound(1, {{2, 0, 1, -0.25F}}, 1) == doctest::Approx(-0.5));
  CHECK(bound(1, {{2, 0, 1, -0.25F}, {2, 0, -1, 0.25F}}, 60) ==
        doctest::Approx(-0.125).epsilon(0.02));
}

TEST_CASE("rows that are good enough leave, and the others do not notice") {
  Parted<Deep, double, sb::EigenBackend> one(4);
  auto parts = one.parts(7, 20);
  const sb::PartOptions options{.iterations = 8, .coefficients = true};
  const auto all = one.pass.bound_parts(parts, options);
  const auto begun = one.pass.bound_parts(parts, {.iterations = 1});
  for (std::size_t k = 0; k < parts.size(); k += 2)
    parts[k].target = (all.lower[k] + begun.lower[k]) / 2 - 1e-9;
  const auto some = one.pass.bound_parts(parts, options);
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (k % 2 == 1) CHECK(some.lower[k] == all.lower[k]);
    if (k % 2 == 0) CHECK(some.lower[k] > parts[k].target);
  }
  CHECK(some.kept.size() == 10);
}

TEST_CASE_TEMPLATE("bits do not depend on batch mates, waves, threads, ranks and backends", Net,
                   Deep, Curved) {
  Parted<Net, double, sb::EigenBackend> one(6);
  const auto parts = one.parts(8, 24);
  const sb::PartOptions options{.iterations = 6, .coefficients = true};
  const auto all = one.pass.bound_parts(parts, options);
  const auto same = [&](const sb::PartBounds& found, std::size_t first = 0) {
    for (std::size_t k = 0; k < found.lower.size(); ++k) {
      CHECK(found.lower[k] == all.lower[first + k]);
      CHECK(found.slack[k] == all.slack[first + k]);
      CHECK(found.multipliers[k] == all.multipliers[first + k]);
      CHECK(*found.slopes[k] == *all.slopes[first + k]);
    }
  };
  for (std::size_t first = 0; first < parts.size(); first += 5)
    same(one.pass.bound_parts(
             std::span(parts).subspan(first, std::min<std::size_t>(5, parts.size() - first)),
             options),
         first);
  sb::PartOptions threaded = options;
  threaded.threads = 3;
  same(one.pass.bound_parts(parts, threaded));
  Parted<Net, double, sb::EigenBackend> narrow(6, {}, 16);
  same(narrow.pass.bound_parts(parts, options));
  Parted<Net, double, CheckedBackend> checked(6);
  same(checked.pass.bound_parts(parts, options));
  for (const int ranks : {2, 3})
    sb::threads::run(ranks, [&](auto& comm) {
      Parted<Net, double, sb::EigenBackend> shared(6, comm);
      // Whatever the run left where it was dealt
      shared.pass.run(
          shared.sets, {.matrix = shared.rows, .domain = {0, 0, 1, 1}},
          {.outputs = false, .linear_bounds = true, .collect = sb::Collect::where_dealt});
      const auto found = shared.pass.bound_parts(parts, options);
      if (comm.rank() != 0) return;
      same(found);
      CHECK(found.linear.coefficients == all.linear.coefficients);
    });
  // What was found stays as good where no step is taken, however it is begun.
  std::vector<sb::PartRow> warm = parts;
  for (std::size_t k = 0; k < warm.size(); ++k) {
    warm[k].multipliers = all.multipliers[k];
    warm[k].slopes = all.slopes[k];
  }
  const sb::PartOptions still{.iterations = 1, .threads = 3};
  const auto again = one.pass.bound_parts(warm, still);
  for (std::size_t k = 0; k < warm.size(); ++k)
    CHECK(again.lower[k] == doctest::Approx(all.lower[k]).epsilon(1e-5));
  CHECK(again.multipliers == all.multipliers);
}

TEST_CASE(
    "what is known of a neuron that curves makes bounds better, and multipliers better still") {
  // tanh(z) - tanh(z / 16), z = x_0 + x_1 over [-2, 2]^2, of which z >= 1 is left.
  using Net = sb::Sequential<sb::Input<2>, sb::Linear<2>, sb::Tanh, sb::Linear<1>>;
  sb::Network<Net> network;
  set(network, {{{1, 1, 0.0625, 0.0625}, {0, 0}}, {{1, -1}, {0}}});
  sb::Pass<double, sb::EigenBackend> pass(network, sb::Method{}, {.domains = 1, .rows = 4});
  const auto box = cube_around({0, 0}, 2);
  pass.run({&box, 1}, {{1}, {0}}, {.outputs = false});
  sb::PartRow part;
  part.target = std::numeric_limits<double>::infinity();
  const auto bound = [&](std::vector<sb::NeuronSplit> splits, int iterations) {
    part.splits = std::move(splits);
    return pass.bound_parts({&part, 1}, {.iterations = iterations});
  };
  const auto whole = bound({}, 1);
  const auto right = bound({{2, 0, 1, 1}}, 1), better = bound({{2, 0, 1, 1}}, 100);
  CHECK(right.lower[0] > whole.lower[0] + 0.1);
  CHECK(better.lower[0] > right.lower[0] + 0.05);
  CHECK(better.multipliers[0][0] > 0.01f);
  const auto between = bound({{2, 0, 1, 1}, {2, 0, -1, 1.5f}}, 100);
  CHECK(between.lower[0] > better.lower[0]);
  const double least = std::tanh(1.0) - std::tanh(0.0625);  // where z is 1
  CHECK(between.lower[0] <= least);
  CHECK(between.lower[0] >= least - 0.05);
}

TEST_CASE("a part without a point is refuted by its multipliers") {
  using Net = sb::Sequential<sb::Input<1>, sb::Linear<2>, sb::Sigmoid, sb::Linear<1>>;
  sb::Network<Net> network;
  set(network, {{{1, 1}, {0, 0}}, {{1, 1}, {0}}});
  sb::Pass<double, sb::EigenBackend> pass(network, sb::Method{}, {.domains = 1, .rows = 4});
  const auto box = cube_around({0}, 3);
  pass.run({&box, 1}, {{1}, {0}}, {.outputs = false});
  sb::PartRow part;
  part.splits = {{2, 0, 1, 2}, {2, 1, -1, -1}};  // x is at least 2, and at most -1
  part.target = std::numeric_limits<double>::infinity();
  CHECK(pass.bound_parts({&part, 1}, {.iterations = 200}).lower[0] > 10);
}

TEST_CASE("parts that make no sense are refused") {
  Parted<Deep, double, sb::EigenBackend> one(2);
  const auto refused = [&](std::vector<sb::NeuronSplit> splits) {
    sb::PartRow part;
    part.splits = std::move(splits);
    CHECK_THROWS_AS(one.pass.bound_parts({&part, 1}, {}), sb::ArgumentError);
  };
  refused({{1, 0, 1}});
  refused({{3, 99, 1}});
  const auto split = one.unstable[0].front();
  refused({split, split});
  auto elsewhere = split;
  elsewhere.point = std::numeric_limits<float>::quiet_NaN();
  refused({elsewhere});
  elsewhere.point = 0.25f;  // twice from the same side
  refused({split, elsewhere});
  const std::vector<sb::PartRow> many(25);
  CHECK_THROWS_AS(one.pass.bound_parts(many, {}), sb::ArgumentError);
}

TEST_CASE("a row that never has a bound keeps no line that does not hold") {
  // Sums overflow in float32 in every evaluation, but not the linear bound; LeakyReLU's lines have slopes from 0.1 on.
  using Net = sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::LeakyReLU, sb::Linear<1>>;
  HostNetwork host(sb::Network<Net>{});
  host.numbers(1).weight = {1e30, 0, 0, 1e30, 1e30, 0};
  host.numbers(1).bias = {0, 0, 3e30};
  host.numbers(2).coefficients = {0.1};
  host.numbers(3).weight = {1.8e8, 1.8e8, -5e6};
  host.numbers(3).bias = {0};
  sb::Network<Net, float> network;
  host.copy_to(network);
  sb::Capacity capacity{.domains = 1, .rows = 1, .linear_bounds = true};
  sb::Pass<float, sb::EigenBackend> pass(network, sb::Method{}, capacity);
  const sb::InputSet box(sb::Box{{-1, -1}, {0.85, 0.85}});
  sb::RowQuery query;
  query.matrix = {1};
  query.domain = {0};
  pass.run({&box, 1}, query, {.outputs = false});
  const sb::PartRow part{.row = 0, .target = std::numeric_limits<double>::infinity()};
  sb::PartOptions options;
  options.coefficients = true;
  const auto found = pass.bound_parts({&part, 1}, options);
  REQUIRE(found.lower[0] == -std::numeric_limits<double>::infinity());
  REQUIRE(found.kept.size() == 1);
  for (const double x : {-1.0, -0.5, 0.0, 0.85})
    for (const double y : {-1.0, -0.2, 0.3, 0.85}) {
      const double line = found.linear.coefficients[0] * x + found.linear.coefficients[1] * y +
                          found.linear.constant[0] - found.linear.slack[0];
      CHECK(line <= static_cast<double>(host.values({x, y}).back()[0]));
    }
}
