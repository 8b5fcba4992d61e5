// SPDX-License-Identifier: BSD-3-Clause

// Rounding where terms cancel and where many edges meet. The networks are linear - activations are leaky
// ReLUs of slope 1 - so that their exact least values are known: in quadruple precision, from the value at zero
// and at unit vectors. Weights are chosen so that what is lost is as much as can be: terms of half a unit in
// the last place that vanish beside a large one, which then cancels. Bounds minus slack must stay below.

#include <doctest/doctest.h>

#include <shardbound/bound/linear_bounds.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

__extension__ typedef __float128 Quad;

template <class... Layers>
using Seq = sb::Sequential<Layers...>;
template <sb::index_t Out>
using L = sb::Linear<Out>;
using I = sb::Identity;
using S = sb::ScaleShift;
using A = sb::LeakyReLU;  // of slope 1 here
template <class... Branches>
using C = sb::Concat<Branches...>;
template <class Main, class Shortcut = I>
using R = sb::Residual<Main, Shortcut>;

template <class Indices>
struct Copies;
template <std::size_t... N>
struct Copies<std::index_sequence<N...>> {
  template <std::size_t>
  using One = I;
  using type = sb::Concat<One<N>...>;
};
/// x, many times side by side.
template <std::size_t Count>
using Fan = typename Copies<std::make_index_sequence<Count>>::type;

using WideFork = Seq<sb::Input<1>, Fan<256>, L<1>>;
using ForkInside = Seq<sb::Input<2>, L<3>, Fan<40>, L<2>>;
using Nested = Seq<sb::Input<2>, L<3>, C<C<I, I, S>, I, R<I, I>, C<I, C<I, S>>>, L<2>>;
using Doubling = Seq<sb::Input<2>, R<I>, R<I>, R<S>, R<I, S>, L<2>, R<I>, R<I>, R<I>>;
using Activated =
    Seq<sb::Input<2>, L<4>, C<A, I, S, Seq<A, S>, Seq<S, A>>, L<3>, R<A, I>, A, R<A, S>>;
using Branches = Seq<sb::Input<3>, S, R<C<I, I>, C<L<3>, S>>, A, C<L<2>, I, L<2>, A>, L<2>>;
using Products = Seq<sb::Input<2>, L<9>, C<L<5>, L<5>, L<5>, L<5>, L<5>, L<5>>, A, L<1>>;
using Split = Seq<sb::Input<2>, L<24>, A, R<L<24>>, C<I, A, S>, L<40>, R<I>, L<2>>;

/// Numbers that are exact in T, drawn to cancel.
template <class T>
class Drawn {
 public:
  explicit Drawn(unsigned seed) : random_(seed) {}

  double number() {
    const double t = 0.49 * static_cast<double>(std::numeric_limits<T>::epsilon());
    switch (random_() % 8) {
      case 0: return 1;
      case 1: return -1;
      case 2: return static_cast<T>(t);
      case 3: return static_cast<T>(-t);
      case 4: return 0;
      case 5: return static_cast<T>(uniform(random_, -1e-3, 1e-3));
      default: return static_cast<T>(uniform(random_, -2, 2));
    }
  }
  /// (1, t, ..., t, -1), where t is about half a unit in the last place of 1.
  std::vector<double> vanishing(std::size_t size) {
    const double t = 0.49 * static_cast<double>(std::numeric_limits<T>::epsilon());
    std::vector<double> row(size, static_cast<T>(random_() % 2 ? t : -t));
    row.front() = 1;
    row.back() = -1;
    return row;
  }

  HostNetwork network(HostNetwork host) {
    const sb::PlanView& plan = host.plan();
    for (int v = 0; v < plan.size(); ++v) {
      auto& own = host.numbers(v);
      if (plan.is_activation(v)) own.coefficients = {1};
      const auto out = static_cast<std::size_t>(plan[v].features);
      if (plan[v].kind == sb::NodeKind::product) {
        const auto in = static_cast<std::size_t>(plan[plan.input_of(v)].features);
        own.weight.clear();
        for (std::size_t r = 0; r < out; ++r) {
          std::vector<double> row = vanishing(in);
          if (random_() % 2)
            for (double& w : row) w = number();
          own.weight.insert(own.weight.end(), row.begin(), row.end());
        }
      }
      own.bias.assign(out, 0);
      for (double& b : own.bias) b = random_() % 2 ? number() : 0;
      if (plan[v].kind == sb::NodeKind::pointwise) {
        own.weight.assign(out, 1);
        for (double& w : own.weight) w = random_() % 2 ? number() : random_() % 2 ? 1 : -1;
      }
    }
    return host;
  }
  sb::InputSet box(sb::index_t size) {
    sb::Box box;
    for (sb::index_t i = 0; i < size; ++i) {
      const double centre = random_() % 2 ? 0 : static_cast<T>(uniform(random_));
      const double reach = random_() % 4 ? static_cast<T>(uniform(random_, 0, 1)) : 1;
      box.lower.push_back(static_cast<T>(centre - reach));
      box.upper.push_back(static_cast<T>(centre + reach));
    }
    return box;
  }

 private:
  std::mt19937 random_;
};

/// The least and the greatest value of every output of a linear network over a box.
std::vector<std::pair<Quad, Quad>> exact_range(const HostNetwork& host, const sb::Box& box) {
  const auto n = box.lower.size();
  const auto at = [&](std::size_t unit) {
    std::vector<Quad> x(n, 0);
    if (unit < n) x[unit] = 1;
    return host.values_in<Quad>(x).back();
  };
  const std::vector<Quad> constant = at(n);
  std::vector<std::pair<Quad, Quad>> range;
  for (Quad c : constant) range.emplace_back(c, c);
  for (std::size_t j = 0; j < n; ++j) {
    const auto column = at(j);
    for (std::size_t i = 0; i < range.size(); ++i) {
      const Quad slope = column[i] - constant[i];
      range[i].first += slope * (slope > 0 ? box.lower[j] : box.upper[j]);
      range[i].second += slope * (slope > 0 ? box.upper[j] : box.lower[j]);
    }
  }
  return range;
}

const sb::Method methods[] = {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{},
                              sb::Crown{sb::Intermediates::textbook}};

/// How often a bound minus its slack is beyond the exact one: outputs, and every node on the way.
template <class T, class Backend>
int beyond(const sb::Instance<T, Backend>& network, const HostNetwork& host,
           const sb::InputSet& set, const sb::Method& method) {
  auto pass = sb::prepare(network, method);
  const auto found = pass.run({&set, 1}).outputs.front();
  const auto exact = exact_range(host, set.box);
  int count = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    count += Quad(found.lower[i]) - Quad(found.slack[i]) > exact[i].first;
    count += Quad(found.upper[i]) + Quad(found.slack[i]) < exact[i].second;
  }
  return count;
}

template <class Net, class T, class Backend = sb::EigenBackend>
void never_beyond(unsigned seeds, int ranks, sb::Store store = sb::Store::as_declared) {
  for (unsigned seed = 0; seed < seeds; ++seed) {
    CAPTURE(seed);
    Drawn<T> drawn(seed);
    const auto host = drawn.network(HostNetwork(sb::Network<Net, T, Backend>{}));
    const auto set = drawn.box(host.plan()[0].features);
    for (const auto& method : methods) {
      const auto number = &method - methods;
      CAPTURE(number);
      std::atomic<int> count = 0;
      sb::threads::run(ranks, [&](auto& communicator) {
        sb::Network<Net, T, Backend> network(communicator, 1, store);
        host.copy_to(network);
        count += beyond(network, host, set, method);
      });
      CHECK(count == 0);
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("256 copies of an input, of which all but two vanish beside the first", T, float,
                   double) {
  const double t = 0.49 * static_cast<double>(std::numeric_limits<T>::epsilon());
  sb::Network<WideFork, T> network;
  HostNetwork host(network);
  const int product = network.linear(0);
  std::vector<double> row(256, static_cast<T>(t));
  row.front() = 1;
  row.back() = -1;
  host.numbers(product).weight = row;
  host.numbers(product).bias = {0};
  host.copy_to(network);
  const sb::InputSet set(sb::Box{{-1}, {1}});
  const auto exact = exact_range(host, set.box);
  for (const auto& method : methods) {
    const auto number = &method - methods;
    CAPTURE(number);
    const auto found = sb::prepare(network, method).run({&set, 1}).outputs.front();
    CHECK(Quad(found.lower[0]) - Quad(found.slack[0]) <= exact[0].first);
    CHECK(Quad(found.upper[0]) + Quad(found.slack[0]) >= exact[0].second);
    // The charge is that of 255 additions and a product, not more.
    CHECK(found.slack[0] < 1024 * std::numeric_limits<T>::epsilon());
  }
}

// What a product adds to, it adds to once a panel and once a block of its backend's: the shortcut's 1 loses what
// each brings, where the product's own sums lose nothing.
template <class T, class Backend>
void add_to_a_shortcut() {
  constexpr sb::index_t wide = 60000, step = 1200;
  using Net = Seq<sb::Input<1>, R<Seq<L<wide>, L<1>>>>;
  sb::Network<Net, T, Backend> network;
  const double t = 0.49 * static_cast<double>(std::numeric_limits<T>::epsilon());
  std::vector<double> first(wide), ones(wide, 1);
  for (sb::index_t i = 0; i < wide; i += step) first[static_cast<std::size_t>(i)] = t;
  network.set_linear(network.linear(0), first, std::vector<double>(wide));
  network.set_linear(network.linear(1), ones, {0});
  const Quad exact = -1 - Quad(wide / step) * Quad(static_cast<T>(t));
  const sb::InputSet set(sb::Box{{-1}, {1}});
  for (const auto& method : methods) {
    const auto number = &method - methods;
    CAPTURE(number);
    const auto found = sb::prepare(network, method).run({&set, 1}).outputs.front();
    CHECK(Quad(found.lower[0]) - Quad(found.slack[0]) <= exact);
    CHECK(Quad(found.upper[0]) + Quad(found.slack[0]) >= -exact);
  }
  const auto linear = sb::linear_bounds(network, set).lower;
  CHECK(Quad(linear.constant[0]) - Quad(linear.coefficients[0]) - Quad(linear.slack[0]) <= exact);
}

TEST_CASE_TEMPLATE("a product that is added to a shortcut", T, float, double) {
  add_to_a_shortcut<T, sb::EigenBackend>();
  add_to_a_shortcut<T, CheckedBackend>();
}

TEST_CASE_TEMPLATE("forks, nested concatenations and sums that cancel", T, float, double) {
  never_beyond<WideFork, T>(20, 1);
  never_beyond<ForkInside, T>(100, 1);
  never_beyond<Nested, T>(200, 1);
  never_beyond<Doubling, T>(200, 1);
  never_beyond<Activated, T>(200, 1);
  never_beyond<Branches, T>(200, 1);
  never_beyond<Products, T>(100, 1);
  never_beyond<Split, T>(100, 1);
}

TEST_CASE_TEMPLATE("the same on a backend that defers its work", T, float, double) {
  never_beyond<ForkInside, T, CheckedBackend>(5, 1);
  never_beyond<Nested, T, CheckedBackend>(10, 1);
  never_beyond<Activated, T, CheckedBackend>(10, 1);
  never_beyond<Split, T, CheckedBackend>(5, 1);
}

TEST_CASE_TEMPLATE("and on several ranks, under every policy", T, float, double) {
  for (const int ranks : {2, 3}) {
    CAPTURE(ranks);
    never_beyond<Nested, T>(5, ranks, sb::Store::fully_sharded);
    never_beyond<Activated, T>(5, ranks, sb::Store::replicated);
    never_beyond<Split, T>(10, ranks, sb::Store::fully_sharded);
    never_beyond<sb::RowCol<Split>, T>(20, ranks);
    never_beyond<sb::RowCol<Branches>, T>(10, ranks);
    never_beyond<sb::RowCol<Products>, T>(10, ranks);
    never_beyond<sb::RowCol<ForkInside>, T>(10, ranks);
  }
}
