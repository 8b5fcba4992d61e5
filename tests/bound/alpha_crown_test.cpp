// SPDX-License-Identifier: BSD-3-Clause

// Optimised bounds: worked numbers, never looser than CROWN's; and when an optimisation ends. (That they are sound, and
// their bits: soundness/.)

#include <doctest/doctest.h>

#include <shardbound/bound/alpha_crown.hpp>
#include <tests/support/by_hand.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/same_bits.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

/// With another's learning rate, and to the end.
sb::AlphaCrown with_rate(double learning_rate, int iterations = 20) {
  sb::AlphaCrown method;
  method.optimisation.learning_rate = learning_rate;
  method.optimisation.iterations = iterations;
  method.optimisation.patience = 0;
  return method;
}
sb::AlphaCrown short_run(int iterations = 6) { return with_rate(0.25, iterations); }

template <class Net>
struct Example {
  sb::Network<Net> network;
  HostNetwork host{network};

  explicit Example(const std::vector<Affine>& layers) {
    set(network, layers);
    const auto nodes = network.product_nodes();
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      host.numbers(nodes[k]).weight = layers[k].weight;
      host.numbers(nodes[k]).bias = layers[k].bias;
    }
  }

  /// At least as tight as another's bounds, where these are any tighter than CROWN's, and sampled points inside.
  void holds(const sb::AlphaCrown& method, const sb::InputSet& set, const Numbers& lower,
             const Numbers& upper, double tolerance = 1e-6) const {
    const auto found = sb::alpha_crown(network, set, method);
    REQUIRE(found.lower.size() == lower.size());
    for (std::size_t i = 0; i < lower.size(); ++i) {
      CAPTURE(i);
      CHECK(found.lower[i] >= lower[i] - tolerance);
      CHECK(found.upper[i] <= upper[i] + tolerance);
    }
    std::mt19937 random(1);
    for (int sample = 0; sample < 3000; ++sample) {
      const Values y = host.values(random_point(random, set)).back();
      for (std::size_t i = 0; i < lower.size(); ++i) {
        REQUIRE(y[i] >= static_cast<long double>(found.lower[i]) - found.slack[i]);
        REQUIRE(y[i] <= static_cast<long double>(found.upper[i]) + found.slack[i]);
      }
    }
  }
};

const std::vector<Affine> first_layers = {{{1, -1, 2, 1}, {0.5, -1}}, {{1, -2}, {0.25}}};
template <class A>
using First = sb::Sequential<sb::Input<2>, sb::Linear<2>, A, sb::Linear<1>>;

const std::vector<Affine> fourth_layers = {{{1, -1, 1, 1, -0.5, 2}, {0, -0.5, 0.2}},
                                           {{1, -1, 0.5, -1, 0.5, 1, 0.5, 1, -1}, {0.1, 0, -0.2}},
                                           {{1, -1, 1, -1, 1, 0.5}, {0, 0.3}}};
using Fourth =
    sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::ReLU, sb::Linear<3>, sb::ReLU, sb::Linear<2>>;

}  // namespace

// y = relu(x_0 - x_1 + 1/2) - 2 relu(2 x_0 + x_1 - 1) + 1/4
TEST_CASE("two neurons, by hand") {
  const Example<First<sb::ReLU>> relu(first_layers);
  const auto box = cube_around({0, 0}, 1);
  check_bounds(sb::alpha_crown(relu.network, box, with_rate(0.5)), {-3.25}, {2.75});
  check_bounds(sb::alpha_crown(relu.network, box, with_rate(0.1)), {-3.25}, {2.75});
  const auto ball = sb::InputSet::ball({0, 0}, 1, sb::expr::Norm::two);
  relu.holds(with_rate(0.5), ball, {-1.94477445}, {2.16421356});
  // One parameter: -relu(z_2) has no choice, relu(z_1) may be alpha z_1. On the ball that is
  // alpha z_1 - 2 chord + 1/4, best where the norm of its gradient stops falling: solved on a grid.
  const double l = -1 - std::sqrt(5), u = -1 + std::sqrt(5), chord = u / (u - l);
  double best = -INFINITY;
  for (double alpha = 0; alpha <= 1; alpha += 1e-5) {
    const double a = alpha - 4 * chord, b = -alpha - 2 * chord;
    best = std::max(best, alpha / 2 + 2 * chord + 2 * chord * l + 0.25 - std::hypot(a, b));
  }
  const auto found = sb::alpha_crown(relu.network, ball, with_rate(0.05, 200));
  CHECK(found.lower[0] == doctest::Approx(best).epsilon(1e-4));
  CHECK(found.lower[0] <= best + 1e-8);
}

TEST_CASE("two neurons with curves, and with a leak") {
  const auto box = cube_around({0, 0}, 0.5);
  const Example<First<sb::Tanh>> tanh(first_layers);
  tanh.holds(with_rate(0.5), box, {-0.45271877}, {3.01970886});
  const Example<First<sb::Sigmoid>> sigmoid(first_layers);
  sigmoid.holds(with_rate(0.5), box, {-0.39736109}, {0.72107470});
  Example<First<sb::LeakyReLU>> leaky(first_layers);
  leaky.network.set_activation(2, std::vector<double>{0.1});
  leaky.host.numbers(2).coefficients = {0.1};
  leaky.holds(with_rate(0.5), cube_around({0, 0}, 1), {-3.25}, {2.75});
}

TEST_CASE("three layers: no looser than what others find with the same steps") {
  const Example<Fourth> example(fourth_layers);
  const auto box = cube_around({0.1, 0.2}, 0.5);
  example.holds(with_rate(0.5), box, {-1.86965517, -0.79383997}, {1.60406662, 2.324});
  example.holds(with_rate(0.1), box, {-1.86965517, -0.91578055}, {1.60600238, 2.32851463});
  example.holds(with_rate(0.1, 100), box, {-1.86965517, -0.75440866}, {1.59552449, 2.32181329});
  const auto ball = sb::InputSet::ball({0.1, 0.2}, 0.5, sb::expr::Norm::two);
  example.holds(with_rate(0.5), ball, {-1.37281672, -0.55489366}, {2.31882902, 1.81304098});
}

TEST_CASE("three layers: one row, both sides") {
  const Example<Fourth> example(fourth_layers);
  const auto box = cube_around({0.1, 0.2}, 0.5);
  auto pass = sb::prepare(example.network, with_rate(0.5), {.rows = 2});
  const auto found =
      pass.run({&box, 1}, {.matrix = {1, -1}, .sides = sb::Sides::both}, {.outputs = false});
  CHECK(found.outputs.empty());
  CHECK(found.rows.lower[0] >= -4.03931034 - 1e-6);
  CHECK(found.rows.upper[0] <= 2.7);
  REQUIRE(found.trajectories.size() == 2);
  CHECK(found.trajectories[0].rows == sb::Trajectory::Rows::of_query);
  CHECK(found.trajectories[1].rows == sb::Trajectory::Rows::of_query_from_above);
  CHECK(found.trajectories[0].least.back() == found.rows.lower[0]);
  CHECK(found.trajectories[1].least.back() == -found.rows.upper[0]);
}

// Bounds inside that are given stay as they are; only lines of the rows' own are left to choose.
TEST_CASE("three layers: over bounds that are given") {
  const Example<Fourth> example(fourth_layers);
  const auto box = cube_around({0.1, 0.2}, 0.5);
  const std::vector<sb::GivenBounds> given = {
      {1, {-1.1, -1.2, -0.7}, {0.9, 0.8, 1.8}, sb::Given::as_they_are},
      {3, {-0.65, -1.6, -2}, {1.27, 2, 1.35}, sb::Given::as_they_are}};
  auto pass = sb::prepare(example.network, with_rate(0.5), {.given = {1, 3}});
  const auto found = pass.run({&box, 1}, {}, {}, nullptr, given).outputs.front();
  check_bounds(found, {-1.89111111, -0.84496562}, {1.99812267, 2.43075534}, 1e-6);
  CHECK(pass.node_bounds(3).front().lower == std::vector<double>{-0.65, -1.6, -2});
}

namespace {

/// All bounds of a random network over some sets.
template <class Net, class T>
struct Random {
  sb::Network<Net, T> network;
  HostNetwork host;
  Question question;

  explicit Random(unsigned seed, int sets = 2, int rows = 5, double radius = 0.4)
      : host(HostNetwork::random(network, seed)),
        question(Question::random(network.inputs(), network.outputs(), sets, rows, radius, seed)) {
    host.copy_to(network);
  }
};

template <class Net, class T>
void never_looser(unsigned seed) {
  CAPTURE(seed);
  Random<Net, T> one(seed);
  const auto crown = ask_all(one.network, sb::Crown{}, one.question);
  for (const auto of : {sb::Optimisation::Of::all_rows, sb::Optimisation::Of::last_rows}) {
    sb::AlphaCrown method = short_run();
    method.optimisation.of = of;
    const auto alpha = ask_all(one.network, method, one.question);
    for (std::size_t r = 0; r < crown.rows.size(); ++r)
      CHECK(alpha.rows[r][0] - alpha.row_slacks[r][0] >= crown.rows[r][0] - crown.row_slacks[r][0]);
    const auto outputs = static_cast<std::size_t>(one.network.outputs());
    for (std::size_t d = 0; d < crown.domains.size(); ++d)
      for (std::size_t i = 0; i < outputs; ++i) {
        const auto better = [&](const std::vector<T>& a, const std::vector<T>& b, T slack) {
          return b[i] >= a[i] - slack && b[i + outputs] <= a[i + outputs] + slack;
        };
        CHECK(better(crown.domains[d], alpha.domains[d],
                     crown.domain_slacks[d][i] + alpha.domain_slacks[d][i]));
      }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("never looser than CROWN", T, double, float) {
  for (unsigned seed = 1; seed < 6; ++seed) {
    never_looser<zoo::Mlp, T>(seed);
    never_looser<zoo::Curves, T>(seed);
    never_looser<zoo::ResNet, T>(seed);
    never_looser<zoo::Fork, T>(seed);
    never_looser<zoo::Bare, T>(seed);
    never_looser<zoo::Lone, T>(seed);
    never_looser<zoo::Run, T>(seed);
    never_looser<zoo::Nest, T>(seed);
    never_looser<zoo::Every, T>(seed);
  }
}

TEST_CASE("an optimisation gains something") {
  double gained = 0, width = 0;
  for (unsigned seed = 1; seed < 6; ++seed) {
    Random<zoo::Mlp, double> one(seed, 2, 0);
    const auto total = [&](const sb::Method& method) {
      double sum = 0;
      for (const auto& domain :
           sb::prepare(one.network, method, {.domains = 2}).run(one.question.sets).outputs)
        for (std::size_t i = 0; i < domain.lower.size(); ++i)
          sum += domain.upper[i] - domain.lower[i];
      return sum;
    };
    sb::AlphaCrown last = with_rate(0.1, 20), all = last;
    last.optimisation.of = sb::Optimisation::Of::last_rows;
    const double crown = total(sb::Crown{}), some = total(last), every = total(all);
    CHECK(some < crown);
    CHECK(every < some);
    gained += crown - every;
    width += crown;
  }
  CHECK(gained > 0.03 * width);
}

// ---- when it ends -------------------------------------------------------------------------------------

namespace {

struct Setting {
  Random<zoo::Mlp, double> one{3, 2, 0};

  sb::Bounds<double> run(const sb::Optimisation& optimisation, const sb::RowQuery& query,
                         bool outputs = false) {
    sb::AlphaCrown method;
    method.optimisation = optimisation;
    auto pass = sb::prepare(one.network, method, {.domains = 2, .rows = 12});
    return pass.run(one.question.sets, query, {.outputs = outputs});
  }
};
const std::vector<double> identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};

}  // namespace

TEST_CASE("trajectories grow, one for each side that was asked for") {
  Setting s;
  const auto found =
      s.run({.iterations = 9, .patience = 0}, {.matrix = identity, .sides = sb::Sides::both}, true);
  using Rows = sb::Trajectory::Rows;
  const Rows expected[] = {Rows::of_query, Rows::of_query_from_above, Rows::outputs,
                           Rows::outputs_from_above};
  REQUIRE(found.trajectories.size() == 4);
  for (std::size_t k = 0; k < 4; ++k) {
    const auto& one = found.trajectories[k];
    CHECK(one.rows == expected[k]);
    REQUIRE(one.mean.size() == 9);
    REQUIRE(one.least.size() == 9);
    REQUIRE(one.seconds.size() == 9);
    for (const auto* numbers : {&one.seconds, &one.mean, &one.least})
      CHECK(std::is_sorted(numbers->begin(), numbers->end()));
    CHECK(one.mean.back() > one.mean.front());
  }
  double sum = 0;
  for (double bound : found.rows.lower) sum += bound;
  CHECK(found.trajectories[0].mean.back() == doctest::Approx(sum / 6));
}

TEST_CASE("rows that are good enough end it, one by one, or one of a group") {
  Setting s;
  const sb::Optimisation options{.iterations = 30, .patience = 0};
  const sb::RowQuery all{.matrix = identity};
  const auto reached = [&](const sb::RowQuery& query) {
    const auto found = s.run(options, query);
    return found.trajectories.front().mean.size();
  };
  CHECK(reached(all) == 30);
  sb::RowQuery query = all;
  query.targets = {-1e9, -1e9, -1e9};  // CROWN's are good enough
  CHECK(reached(query) == 1);
  query.targets = {-1e9, 1e9, -1e9};
  CHECK(reached(query) == 30);
  query.groups = {0, 0, 0};  // one row does for all
  CHECK(reached(query) == 1);
  query.groups = {0, 1, 0};
  CHECK(reached(query) == 30);
  // What is left of the sum still grows, and nothing falls.
  query.groups = {};
  const auto some = s.run(options, query), crown = s.run({.iterations = 1}, all);
  for (const std::size_t r : {0, 2, 3, 5}) CHECK(some.rows.lower[r] >= crown.rows.lower[r]);
  for (const std::size_t r : {1, 4}) CHECK(some.rows.lower[r] > crown.rows.lower[r]);
}

TEST_CASE("a target just above what can be had is never reached, one just below is") {
  Setting s;
  const sb::Optimisation options{.iterations = 25, .patience = 0};
  sb::RowQuery query{.matrix = {1, 0, 0}, .domain = {0}};
  const auto best = s.run(options, query);
  const auto crown = s.run({.iterations = 1}, query);
  query.targets = {(best.rows.lower[0] + crown.rows.lower[0]) / 2};
  const auto found = s.run(options, query);
  CHECK(found.trajectories[0].mean.size() < 25);
  CHECK(found.trajectories[0].mean.size() > 1);
  CHECK(found.rows.lower[0] - found.rows.slack[0] > query.targets[0]);
  query.targets = {best.rows.lower[0] + 1e-6};
  CHECK(s.run(options, query).trajectories[0].mean.size() == 25);
}

TEST_CASE("patience and time run out") {
  Setting s;
  const sb::RowQuery query{.matrix = identity};
  // Steps of nothing: no evaluation is better than the first.
  const auto idle = s.run({.iterations = 50, .learning_rate = 0, .patience = 4}, query);
  CHECK(idle.trajectories[0].mean.size() == 6);
  CHECK(s.run({.iterations = 20, .learning_rate = 0, .patience = 0}, query)
            .trajectories[0]
            .mean.size() == 20);
  CHECK(s.run({.iterations = 1'000'000, .patience = 0, .seconds = 1e-9}, query)
            .trajectories[0]
            .mean.size() == 1);
}

TEST_CASE_TEMPLATE("it can be stopped, and the pass used again", B, sb::EigenBackend,
                   CheckedBackend) {
  sb::Network<zoo::Mlp, double, B> network;
  HostNetwork::random(network, 3).copy_to(network);
  const auto question = Question::random(5, 3, 2, 4, 0.4, 3);
  struct Stop : sb::Observer {
    sb::CancelToken token;
    int at = 0, seen = 0, last = 0;
    void see(const sb::Progress& progress) override {
      if (progress.iterations > 0) {
        CHECK(progress.iterations == 6);
        seen += progress.iteration != last;
        last = progress.iteration;
      }
      if (progress.iteration == at && at > 0) token.cancel();
    }
  };
  auto pass = sb::prepare(network, short_run(), {.domains = 2});
  const auto whole = pass.run(question.sets).outputs;
  for (const int at : {1, 3, 6}) {
    Stop stop;
    stop.at = at;
    CHECK_THROWS_AS(pass.run(question.sets, {}, {}, &stop.token, {}, &stop), sb::Cancelled);
    CHECK(stop.seen == at);
    CHECK_THROWS_AS(pass.result(), sb::ArgumentError);
  }
  Stop none;
  const auto again = pass.run(question.sets, {}, {}, &none.token, {}, &none).outputs;
  CHECK(none.seen == 12);  // both sides
  for (std::size_t d = 0; d < 2; ++d) {
    CHECK(again[d].lower == whole[d].lower);
    CHECK(again[d].upper == whole[d].upper);
  }
}

TEST_CASE("what cannot be optimised is refused") {
  const sb::Network<zoo::Mlp> network;
  sb::Method shallow{sb::Intermediates::interval, sb::Descent::one_product, {.iterations = 3}};
  CHECK_THROWS_WITH_AS(sb::prepare(network, shallow),
                       "slopes are optimised of rows that are pulled down to the input, which this "
                       "method does not do. Fix: AlphaCrown",
                       sb::ArgumentError);
  shallow.optimisation.iterations = 0;
  CHECK_NOTHROW(sb::prepare(network, shallow));
  Setting s;
  const auto says = [&](sb::RowQuery query, const char* sentence) {
    CHECK_THROWS_WITH_AS(s.run({.iterations = 2}, query), sentence, sb::Error);
  };
  says({.matrix = identity, .targets = {1}}, "1 targets for 3 rows");
  says({.matrix = identity, .targets = {0, 0, 0}, .groups = {1, 2}}, "2 groups for 3 rows");
  says({.matrix = identity, .targets = {0, NAN, 0}}, "a row's target is not a number");
}

TEST_CASE("memory is given back after every run, and none is left") {
  Random<zoo::Nest, double> one(2, 2, 5);
  const auto before = one.network.backend().memory().total();
  {
    sb::Pass<double, sb::EigenBackend> pass(one.network, short_run(),
                                            capacity_of(one.network, short_run(), 2, 5));
    const auto prepared = one.network.backend().memory().total();
    for (int run = 0; run < 2; ++run) {
      Answer<double> answer;
      ask(pass, one.question, in_order(2), in_order(5), answer);
      CHECK(one.network.backend().memory().total() == prepared);
      CHECK(one.network.backend().memory().current(sb::Category::alpha) == 0);
    }
    CHECK(one.network.backend().memory().peak(sb::Category::alpha) > 0);
  }
  CHECK(one.network.backend().memory().total() == before);
}
