// SPDX-License-Identifier: BSD-3-Clause

// alpha-CROWN against an independent computation that plays a tape backwards (tests/oracle/alpha_crown.py).

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <tests/support/optimising.hpp>
#include <tests/support/planned.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

using namespace shardbound;
namespace zoo = shardbound_test::zoo;
using shardbound_test::HostNetwork;
using shardbound_test::Optimising;

namespace {

using Json = nlohmann::json;

Json alpha_cases() {
  std::ifstream file(SHARDBOUND_SOURCE_DIR "/tests/oracle/alpha_crown.json");
  REQUIRE(file.is_open());
  return Json::parse(file).at("cases");
}

}  // namespace

namespace {

/// A network of dense layers with one activation in between, as a case describes it.
std::unique_ptr<Instance<double, EigenBackend>> network_of(const Json& one,
                                                           AnyCommunicator communicator = {}) {
  const auto& weights = one.at("weights");
  const auto features = [&](std::size_t k) {
    return k == 0 ? static_cast<index_t>(weights[0][0].size())
                  : static_cast<index_t>(weights[k - 1].size());
  };
  RuntimePlan plan(2 * weights.size() + 1, 2 * weights.size() + 1);
  plan.begin(Shape{features(0)});
  const int activation = one.at("activation") == "ReLU" ? 0 : 1;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    Node product;
    product.kind = NodeKind::product;
    product.shape = Shape{features(k + 1)};
    const int at = plan.node_count - 1;
    plan.push(product, std::span(&at, 1));
    if (k + 1 == weights.size()) break;
    Node pointwise = activation_node(KnownFunctions{}, activation);
    pointwise.shape = product.shape;
    const int below = plan.node_count - 1;
    plan.push(pointwise, std::span(&below, 1));
  }
  plan.fold();
  auto net = std::make_unique<PlannedNetwork<double, EigenBackend>>(
      plan, std::move(communicator), std::make_unique<EigenBackend>());
  for (std::size_t k = 0; k < weights.size(); ++k) {
    std::vector<double> matrix;
    for (const Json& row : weights[k])
      for (double number : row.get<std::vector<double>>()) matrix.push_back(number);
    net->set_linear(net->linear(static_cast<int>(k)), matrix,
                    one.at("biases")[k].get<std::vector<double>>());
    if (activation == 1 && k + 1 < weights.size())
      net->set_activation(net->activation(static_cast<int>(k)),
                          std::vector<double>{one.at("negative_slope").get<double>()});
  }
  return net;
}

}  // namespace

namespace {

Method method_of(Optimisation::Of of, int iterations) {
  AlphaCrown method;
  method.optimisation.iterations = iterations;
  method.optimisation.of = of;
  return method;
}

RowQuery query_of(const Json& one) {
  RowQuery query;
  for (const Json& row : one.at("rows"))
    for (const double number : row.get<std::vector<double>>()) query.matrix.push_back(number);
  return query;
}

double furthest(const std::vector<double>& ours, const Json& theirs) {
  REQUIRE(ours.size() == theirs.size());
  double worst = 0;
  for (std::size_t i = 0; i < ours.size(); ++i)
    worst = std::max(worst, std::abs(ours[i] - theirs[i].get<double>()));
  return worst;
}

struct Mode {
  const char* name;
  Optimisation::Of of;
};
constexpr Mode modes[] = {{"fixed", Optimisation::Of::last_rows},
                          {"joint", Optimisation::Of::all_rows}};

}  // namespace

TEST_CASE("every evaluation agrees with a computation that has no gradients by hand") {
  for (const Json& one : alpha_cases()) {
    const auto net = network_of(one);
    const InputSet box(Box{one.at("lower"), one.at("upper")});
    const RowQuery query = query_of(one);
    Capacity capacity;
    capacity.rows = static_cast<index_t>(one.at("rows").size());
    for (const Mode& mode : modes)
      for (const auto& item : one.at(mode.name).at("evaluations").items()) {
        const std::string evaluations = item.key();
        const Json& best = item.value();
        CAPTURE(one.at("name").get<std::string>());
        CAPTURE(mode.name);
        CAPTURE(evaluations);
        auto pass = prepare(*net, method_of(mode.of, std::stoi(evaluations)), capacity);
        const auto found = pass.run({&box, 1}, query, {.outputs = false});
        // What the interval of the last layer's input says is known to ours as well.
        const auto known = prepare(*net, Crown{}, capacity).run({&box, 1}, query).rows.lower;
        std::vector<double> expected;
        for (std::size_t r = 0; r < known.size(); ++r)
          expected.push_back(std::max(known[r], best[r].get<double>()));
        CHECK(furthest(found.rows.lower, expected) <= 1e-9);
      }
    // The bounds inside are those of the last evaluation, of neurons that are not stable by now: rows of others leave.
    auto pass = prepare(*net, method_of(Optimisation::Of::all_rows, 20), capacity);
    pass.run({&box, 1}, query, {.outputs = false});
    const auto& bounds = one.at("joint").at("final_bounds");
    for (std::size_t k = 0; k < bounds.size(); ++k) {
      const auto inside = pass.node_bounds(static_cast<int>(2 * k + 1)).front();
      const auto lower = bounds[k].at("lower").get<std::vector<double>>();
      const auto upper = bounds[k].at("upper").get<std::vector<double>>();
      for (std::size_t i = 0; i < lower.size(); ++i) {
        if (lower[i] >= 0 || upper[i] <= 0) {
          CHECK((inside.lower[i] >= 0 || inside.upper[i] <= 0));
          continue;
        }
        CHECK(std::abs(inside.lower[i] - lower[i]) <= 1e-9);
        CHECK(std::abs(inside.upper[i] - upper[i]) <= 1e-9);
      }
    }
  }
}

TEST_CASE("the first gradient agrees with a tape that is played backwards") {
  for (const Json& one : alpha_cases()) {
    const auto net = network_of(one);
    const InputSet box(Box{one.at("lower"), one.at("upper")});
    for (const Mode& mode : modes)
      for (const std::size_t trace_bytes : {std::size_t{0}, std::size_t{1} << 20}) {
        CAPTURE(one.at("name").get<std::string>());
        CAPTURE(mode.name);
        Optimising<double, EigenBackend> ours(*net, method_of(mode.of, 2), {box},
                                              query_of(one).matrix, trace_bytes);
        ours.begin();
        ours.sum();
        ours.climb();
        double worst = 0;
        std::size_t compared = 0, parameters = 0;
        for (const Json& block : one.at(mode.name).at("gradient")) {
          const int start = block.at("start"), activation = 2 * block.at("activation").get<int>();
          for (const auto& list : ours.lists()) {
            const bool is_last = &list == &ours.lists().back();
            if (start == 0 ? !is_last : is_last || list.start != 2 * start - 1) continue;
            const auto gradient = ours.gradient(list, activation, 0);
            const auto slots = static_cast<std::size_t>(ours.optimiser().free().slots(activation));
            for (const Json& entry : block.at("entries")) {
              const std::int32_t index = entry[0];
              const int sign = entry[1].get<int>() ? -1 : 1;
              const auto slot = ours.slot(activation, 0, entry[2]);
              REQUIRE(slot >= 0);
              const auto& rows = list.frozen.entries();
              const auto row = std::find_if(rows.begin(), rows.end(), [&](const ListEntry& r) {
                return r.index == index && r.sign == sign;
              });
              REQUIRE(row != rows.end());
              const auto home = list.frozen.home(static_cast<std::size_t>(row - rows.begin()));
              const double number =
                  gradient[static_cast<std::size_t>(home) * slots + static_cast<std::size_t>(slot)];
              worst = std::max(worst, std::abs(number - entry[3].get<double>()));
              ++compared;
            }
          }
          parameters += block.at("entries").size();
        }
        CHECK(compared == parameters);
        CHECK(worst <= 1e-9);
      }
  }
}

namespace {

/// Gradients at random parameters, with every trace kept and with none, against central differences of the sum of bounds.
template <class Net>
void gradients_are_differences(unsigned seed, int domains) {
  CAPTURE(seed);
  Network<Net> network;
  HostNetwork::random(network, seed).copy_to(network);
  std::mt19937 random(seed);
  std::vector<InputSet> sets;
  for (int d = 0; d < domains; ++d)
    sets.push_back(shardbound_test::random_box(random, network.inputs(), 0.5));
  std::vector<double> rows;
  for (index_t i = 0; i < 2 * network.outputs(); ++i)
    rows.push_back(shardbound_test::uniform(random));
  using Ours = Optimising<double, EigenBackend>;
  const Method method = method_of(Optimisation::Of::all_rows, 2);
  Ours ours(network, method, sets, rows, 0), tracing(network, method, sets, rows, 1 << 24);
  // So that every row finds better bounds, and is what differences see.
  constexpr double loosened = 6, step = 1e-6;
  ours.begin(loosened);
  std::vector<std::vector<double>> values;
  ours.for_each_kind([&](auto& list, int v, std::size_t side, std::size_t) {
    values.push_back(list.slopes.values(v, side));
  });
  const auto begin = [&](Ours& any) {
    any.begin(loosened);
    std::size_t kind = 0;
    any.for_each_kind([&](auto& list, int v, std::size_t side, std::size_t) {
      list.slopes.set_values(v, side, values[kind++]);
    });
  };
  // Anywhere within what is allowed, so that no line is met at a kink: what that is depends on bounds, and these on
  // the parameters, until neither moves.
  const std::mt19937 parts = random;
  for (int round = 0; round < 12; ++round) {
    random = parts;
    std::size_t kind = 0;
    ours.for_each_kind([&](auto& list, int v, std::size_t side, std::size_t slots) {
      auto& all = values[kind++];
      for (std::size_t e = 0; e < list.frozen.entries().size(); ++e)
        for (std::size_t s = 0; s < slots; ++s) {
          const auto limits = ours.limits(v, side, list.frozen.entries()[e].domain, s);
          const double part = shardbound_test::uniform(random, 0.2, 0.8);
          all[static_cast<std::size_t>(list.frozen.home(e)) * slots + s] =
              limits.lower + part * (limits.upper - limits.lower);
        }
    });
    begin(ours);
    ours.sum();
  }
  std::vector<double> sums;
  std::vector<std::vector<double>> gradients[2];
  // Of parameters that belong to a row, but for those that would move if they could.
  std::vector<std::vector<std::size_t>> places;
  for (Ours* any : {&ours, &tracing}) {
    begin(*any);
    auto& found = gradients[sums.size()];
    sums.push_back(any->sum());
    any->climb();
    places.clear();
    any->for_each_kind([&](auto& list, int v, std::size_t side, std::size_t slots) {
      const auto& gradient = found.emplace_back(any->gradient(list, v, side));
      auto& own = places.emplace_back();
      for (std::size_t e = 0; e < list.frozen.entries().size(); ++e)
        for (std::size_t s = 0; s < slots; ++s) {
          const std::size_t at = static_cast<std::size_t>(list.frozen.home(e)) * slots + s;
          const auto limits = any->limits(v, side, list.frozen.entries()[e].domain, s);
          if (gradient[at] == 0 || limits.upper - limits.lower > 10 * step) own.push_back(at);
        }
    });
  }
  CHECK(sums[0] == sums[1]);  // so that differences of the one are those of the other
  // All parameters of a kind at once, in a random direction: an error of any of them shows, be it of one whose gradient
  // is zero, as most are. Then some that are not zero, one by one.
  const auto check_along = [&](std::size_t kind, const std::vector<std::size_t>& along) {
    const std::vector<double> middle = values[kind];
    std::vector<double> direction;
    for (std::size_t i = 0; i < along.size(); ++i)
      direction.push_back(shardbound_test::uniform(random, 0.5, 1) * (random() % 2 ? 1 : -1));
    const auto sum_at = [&](double size) {
      for (std::size_t i = 0; i < along.size(); ++i)
        values[kind][along[i]] = middle[along[i]] + size * direction[i];
      begin(ours);
      return ours.sum();
    };
    const double difference = (sum_at(step) - sum_at(-step)) / (2 * step);
    values[kind] = middle;
    double worst = 0;
    for (const auto& found : gradients) {
      double expected = 0;
      for (std::size_t i = 0; i < along.size(); ++i)
        expected += direction[i] * found[kind][along[i]];
      worst = std::max(worst, std::abs(difference - expected));
    }
    return worst;
  };
  std::size_t moving = 0;
  double worst = 0, worst_at_once = 0;
  for (std::size_t kind = 0; kind < values.size(); ++kind) {
    auto& own = places[kind];
    if (own.empty()) continue;
    worst_at_once = std::max(worst_at_once, check_along(kind, own));
    std::shuffle(own.begin(), own.end(), random);
    int left = 4;
    for (const std::size_t at : own)
      if (gradients[0][kind][at] != 0 && left-- > 0) {
        worst = std::max(worst, check_along(kind, {at}));
        ++moving;
      }
  }
  CHECK(worst_at_once <= 2e-7);
  CHECK(worst <= 2e-7);
  CHECK(moving > 0);
}

template <class A>
using Deep = Sequential<Input<3>, Linear<5>, A, Linear<6>, A, Linear<4>, A, Linear<2>>;

}  // namespace

TEST_CASE_TEMPLATE("gradients are what differences say, through bounds inside as well", Net,
                   Deep<ReLU>, Deep<LeakyReLU>, Deep<Sigmoid>, Deep<Tanh>, zoo::Curves, zoo::ResNet,
                   zoo::Fork, zoo::Bare, zoo::Run, zoo::Nest) {
  for (unsigned seed = 1; seed <= 3; ++seed) gradients_are_differences<Net>(seed, 2);
}

// Those alone whose lines are free or chords: other lines move with their bounds, and no gradient tells.
using Freed = ActivationList<ReLU, LeakyReLU, Sigmoid, Tanh, Exp, Log, Sqrt, Reciprocal, Square,
                             Abs, Erf, Atan, Softplus>;

TEST_CASE("gradients of rows that begin within a chain of others") {
  gradients_are_differences<zoo::EveryOf<Freed>::type>(1, 1);
}

TEST_CASE_TEMPLATE("slopes stay within what bounds that have moved allow", Net, Deep<Tanh>,
                   Deep<Sigmoid>) {
  int moved = 0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Network<Net> network;
    HostNetwork::random(network, seed).copy_to(network);
    std::mt19937 random(seed);
    const std::vector<InputSet> sets = {shardbound_test::random_box(random, network.inputs(), 0.5)};
    Optimising<double, EigenBackend> ours(network, AlphaCrown{}, sets, {1, 0, 0, -1});
    ours.begin(1.0);  // tangents of curves over bounds that the first evaluation tightens
    std::vector<std::vector<double>> before;
    ours.for_each_kind([&](auto& list, int v, std::size_t side, std::size_t) {
      before.push_back(list.slopes.values(v, side));
    });
    ours.sum();
    std::size_t kind = 0;
    ours.for_each_kind([&](auto& list, int v, std::size_t side, std::size_t slots) {
      const auto values = list.slopes.values(v, side);
      moved += values != before[kind++];
      for (std::size_t e = 0; e < list.frozen.entries().size(); ++e)
        for (std::size_t s = 0; s < slots; ++s) {
          const auto limits = ours.limits(v, side, list.frozen.entries()[e].domain, s);
          const auto home = static_cast<std::size_t>(list.frozen.home(e));
          CHECK(values[home * slots + s] >= limits.lower);
          CHECK(values[home * slots + s] <= limits.upper);
        }
    });
  }
  CHECK(moved > 0);
}
