// SPDX-License-Identifier: BSD-3-Clause

// Gradients in rows' own lines are what differences of their bounds say, in any number of threads; several steps at
// once are the same as one by one, but for the rounding that a compiler may save.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/relax/relu.hpp>
#include <shardbound/relax/s_shaped.hpp>
#include <tests/support/random_network.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace shardbound;
using shardbound_test::uniform;

namespace {

constexpr index_t rows = 24, features = 13, leading = padded(features), slots = 8, domains = 3;

/// Rows a . y, y above a chain with one activation, bounded over boxes of what is below it.
template <class F>
struct Setting {
  using Free = expr::Chain<expr::Scaled, expr::OperationOf<F>, expr::Biased>;
  using Neurons = expr::FreeNeurons<double>;

  std::mt19937 random;
  std::vector<double> lower, upper, slack, lines[6], numbers, scale, shift, bias, none;
  std::vector<std::int32_t> columns, lower_slot, upper_slot, index, domain, home;
  std::vector<double> sign, coefficients, weight, parameters[2], gradients[2], points;
  double largest[domains] = {4, 4, 4};
  std::vector<double> sums;
  // Bounds below the bias, that rows are least over.
  std::vector<double> below_lower, below_upper, zeros;

  explicit Setting(unsigned seed)
      : random(seed),
        slack(domains * leading),
        numbers(Neurons::plane_count * domains * slots),
        none(domains * leading),
        columns(domains * slots, -1),
        lower_slot(domains * leading, -1),
        upper_slot(domains * leading, -1),
        index(rows),
        sign(rows, 1.0),
        sums(4 * domains * slots),
        zeros(domains * leading) {
    const auto draw = [&](index_t count, double low, double high) {
      std::vector<double> all(static_cast<std::size_t>(count));
      for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<index_t>(i) % leading < features ? uniform(random, low, high) : 0;
      return all;
    };
    scale = draw(leading, -2, 2), shift = draw(leading, -1, 1), bias = draw(leading, -0.25, 0.25);
    below_lower = draw(domains * leading, -2, -0.5);
    below_upper = draw(domains * leading, 0.5, 2);
    lower = below_lower, upper = below_upper;
    for (std::size_t i = 0; i < lower.size(); ++i) {
      lower[i] += bias[i % leading];
      upper[i] += bias[i % leading];
    }
    for (index_t d = 0; d < domains; ++d)  // not every column has a slot
      for (index_t s = 0, column = d % 2; column < features && s < slots - 1; ++s, column += 2)
        columns[static_cast<std::size_t>(d * slots + s)] = static_cast<std::int32_t>(column);
    for (auto& plane : lines) plane.assign(domains * leading, 0.0);
    expr::FreeCall<double> call;
    call.neurons = neurons();
    call.lines.in = {lower.data(), upper.data(), slack.data(), domains, features, leading};
    call.lines.lower_slope = lines[0].data();
    call.lines.lower_intercept = lines[1].data();
    call.lines.upper_slope = lines[2].data();
    call.lines.upper_intercept = lines[3].data();
    call.lines.lower_slack = lines[4].data();
    call.lines.upper_slack = lines[5].data();
    EigenBackend backend;
    backend.activation_lines(F{}, call.lines);
    backend.free_lines(F{}, call);
    coefficients = draw(rows * leading, -1, 1);
    for (index_t r = 0; r < rows; ++r) {
      domain.push_back(static_cast<std::int32_t>(random() % domains));
      home.push_back(static_cast<std::int32_t>(rows - 1 - r));
      weight.push_back(r % 5 ? uniform(random, -2, 2) : 0);
    }
    for (int side = 0; side < 2; ++side) {
      parameters[side].assign(rows * slots, 0.0);
      gradients[side].assign(rows * slots, NAN);
    }
    for (index_t r = 0; r < rows; ++r)
      for (index_t s = 0; s < slots; ++s)
        for (int side = 0; side < 2; ++side) {
          const auto at = static_cast<std::size_t>(domain[static_cast<std::size_t>(r)] * slots + s);
          const auto first = side ? Neurons::upper_least : Neurons::least;
          const double least = neurons().plane(first)[at], most = neurons().plane(first + 1)[at];
          parameters[side]
                    [static_cast<std::size_t>(home[static_cast<std::size_t>(r)] * slots + s)] =
                        uniform(random, least, std::max(least, most));
        }
    points.assign(rows * leading, 0.0);
  }
  Neurons neurons() {
    return {columns.data(), lower_slot.data(), upper_slot.data(), numbers.data(), domains, slots,
            leading};
  }
  RowsView<double> view() { return {index.data(), domain.data(), sign.data(), rows, home.data()}; }
  void fill(expr::OperationData<double>* data) {
    const auto of_domain = [&](int i) {
      return expr::Strided<double>{lines[i].data(), leading, 0};
    };
    data[0].scale = scale.data(), data[0].shift = shift.data(), data[0].slack = none.data();
    data[1].lines = {of_domain(0),
                     of_domain(1),
                     of_domain(2),
                     of_domain(3),
                     of_domain(4),
                     of_domain(5),
                     {lower_slot.data(), leading, parameters[0].data(), slots},
                     {upper_slot.data(), leading, parameters[1].data(), slots}};
    data[2].shift = bias.data(), data[2].slack = none.data();
  }
  /// The weighted sum of all rows' bounds; points where they are least are kept.
  double bound(int threads = 1) {
    EigenBackend backend(threads);
    std::vector<double> tile = coefficients, constant(rows), slacks(rows), found(2 * rows);
    expr::SweepCall<double> sweep;
    sweep.tile = {tile.data(), rows, features, leading};
    sweep.rows = view();
    sweep.sums = {constant.data(), slacks.data()};
    fill(sweep.data);
    backend.sweep<Free>(sweep);
    expr::ConcretizeCall<double> least;
    least.tile = sweep.tile;
    least.rows = view();
    least.sums = sweep.sums;
    least.set.bounds = {
        below_lower.data(), below_upper.data(), zeros.data(), domains, features, leading};
    least.result = {found.data(), found.data() + rows};
    least.worst = {points.data(), rows, features, leading};
    backend.concretize(least);
    double sum = 0;
    for (std::size_t r = 0; r < rows; ++r) sum += weight[r] * found[r];
    return sum;
  }
  void find_gradients(int threads, bool with_chords = true) {
    expr::GradientCall<double> call;
    call.coefficients = {coefficients.data(), rows, features, leading};
    call.points = {points.data(), rows, features, leading};
    call.rows = view();
    fill(call.data);
    call.neurons = neurons();
    call.weight = weight.data();
    call.largest = largest;
    call.lower_value = parameters[0].data(), call.upper_value = parameters[1].data();
    call.lower = gradients[0].data(), call.upper = gradients[1].data();
    if (with_chords) call.chords = {sums.data(), domains * slots};
    EigenBackend(threads).gradients<Free>(call);
  }
};

template <class F>
void gradients_are_differences(unsigned seed) {
  Setting<F> s(seed);
  s.bound();
  s.find_gradients(1);
  int moving = 0;
  for (const int side : {0, 1}) {
    if (side == 1 && !relax::FreeLineOf<F>::frees_upper) continue;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t slot = 0; slot < slots; ++slot) {
        double& value = s.parameters[side][static_cast<std::size_t>(s.home[r]) * slots + slot];
        const double middle = value, step = 1e-6;
        value = middle + step;
        const double above = s.bound();
        value = middle - step;
        const double below = s.bound();
        value = middle;
        const double gradient = s.gradients[side][r * slots + slot];
        REQUIRE(std::abs((above - below) / (2 * step) - gradient) <= 1e-7);
        moving += gradient != 0;
      }
  }
  CHECK(moving > 50);
}

/// What chords gain, against differences in the ends of intervals that lines - and they alone - are drawn over.
template <class F>
void chords_are_differences(unsigned seed) {
  Setting<F> s(seed);
  s.bound();
  s.find_gradients(1);
  std::vector<double> to_lower(domains * leading), to_upper(domains * leading);
  EigenBackend backend;
  backend.add_chords(expr::ChordCall<double>{s.neurons(),
                                             {s.sums.data(), domains * slots},
                                             s.largest,
                                             {to_lower.data(), to_upper.data(), leading}});
  for (double sum : s.sums) CHECK(sum == 0);
  int moving = 0;
  for (std::size_t d = 0; d < domains; ++d)
    for (std::size_t slot = 0; slot < slots; ++slot) {
      const std::int32_t column = s.columns[d * slots + slot];
      if (column < 0) continue;
      const std::size_t at = d * leading + static_cast<std::size_t>(column);
      for (const bool is_lower : {true, false}) {
        double& end = is_lower ? s.lower[at] : s.upper[at];
        const double middle = end, step = 1e-6;
        const auto redrawn = [&](double x) {
          end = x;
          const auto pair = F{}.line(s.lower[at], s.upper[at]);
          if (s.lower_slot[at] < 0)
            s.lines[0][at] = pair.lower.slope, s.lines[1][at] = pair.lower.intercept;
          if (s.upper_slot[at] < 0)
            s.lines[2][at] = pair.upper.slope, s.lines[3][at] = pair.upper.intercept;
          return s.bound();
        };
        const double difference = (redrawn(middle + step) - redrawn(middle - step)) / (2 * step);
        redrawn(middle);
        const double gradient = is_lower ? to_lower[at] : to_upper[at];
        REQUIRE(std::abs(difference - gradient) <= 1e-7);
        moving += gradient != 0;
      }
    }
  CHECK(moving > 0);
}

}  // namespace

TEST_CASE("gradients of rows' own lines") {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    gradients_are_differences<relax::ReLU>(seed);
    gradients_are_differences<relax::Sigmoid>(seed);
    gradients_are_differences<relax::Tanh>(seed);
  }
}

TEST_CASE("what chords pass on to the bounds that they were drawn from") {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    chords_are_differences<relax::ReLU>(seed);
    chords_are_differences<relax::Sigmoid>(seed);
    chords_are_differences<relax::Tanh>(seed);
  }
}

TEST_CASE_TEMPLATE("more threads, the same bits", F, relax::ReLU, relax::Sigmoid) {
  Setting<F> one(5);
  one.bound();
  one.find_gradients(1);
  for (const int threads : {2, 3, 5}) {
    Setting<F> s(5);
    CHECK(s.bound(threads) == one.bound());
    s.find_gradients(threads);
    for (const int side : {0, relax::FreeLineOf<F>::frees_upper ? 1 : 0})
      CHECK(std::memcmp(s.gradients[side].data(), one.gradients[side].data(),
                        rows * slots * sizeof(double)) == 0);
    CHECK(s.sums == one.sums);
  }
  Setting<F> without(5);
  without.bound();
  without.find_gradients(2, false);
  CHECK(without.gradients[0] == one.gradients[0]);
  CHECK(without.sums == std::vector<double>(without.sums.size()));
}

TEST_CASE("points are pushed through the lines that coefficients chose") {
  Setting<relax::Sigmoid> s(6);
  const double sum = s.bound();
  for (const int threads : {1, 3}) {
    auto points = s.points;
    expr::PushCall<double> push;
    push.coefficients = {s.coefficients.data(), rows, features, leading};
    push.points = {points.data(), rows, features, leading};
    push.rows = s.view();
    s.fill(push.data);
    EigenBackend(threads).push<Setting<relax::Sigmoid>::Free>(push);
    // A row above is worth at its point what it was bounded by below.
    double above = 0;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < features; ++c)
        above += s.weight[r] * s.coefficients[r * leading + c] * points[r * leading + c];
    CHECK(above == doctest::Approx(sum).epsilon(1e-12));
  }
}

TEST_CASE_TEMPLATE("several steps at once are those of one by one", T, double, float) {
  for (const SlopeStorage storage : {SlopeStorage::exact, SlopeStorage::bfloat16}) {
    constexpr std::size_t count = rows * 16;
    struct Numbers {
      std::vector<T> gradient, value, first, second, least, most;
      std::vector<std::int32_t> index, domain, home;
      std::vector<T> sign;
      expr::StepCall<T> call;
    };
    const auto made = [&](Numbers& n) {
      std::mt19937 random(7);
      for (auto* plane : {&n.gradient, &n.value, &n.first, &n.second})
        for (std::size_t i = 0; i < count; ++i)
          plane->push_back(static_cast<T>(uniform(random, plane == &n.second ? 0 : -1, 1)));
      n.gradient[3] = T(NAN), n.gradient[20] = T(INFINITY), n.gradient[40] = 0;
      for (std::size_t i = 0; i < domains * 16; ++i) {
        n.least.push_back(static_cast<T>(uniform(random, -1, 0)));
        n.most.push_back(static_cast<T>(uniform(random, 0, 1)));
      }
      for (index_t r = 0; r < rows; ++r) {
        n.index.push_back(0);
        n.domain.push_back(static_cast<std::int32_t>(random() % domains));
        n.home.push_back(static_cast<std::int32_t>((r * 5) % rows));
        n.sign.push_back(static_cast<T>(r % 7 ? 1 : 0));
      }
      n.call.rows = {n.index.data(), n.domain.data(), n.sign.data(), rows, n.home.data()};
      n.call.gradient = n.gradient.data();
      n.call.slots = 16;
      n.call.value = n.value.data(), n.call.first = n.first.data(), n.call.second = n.second.data();
      n.call.storage = storage;
      n.call.least = n.least.data(), n.call.most = n.most.data();
      static constexpr T size[] = {T(0.03), T(31)};
      n.call.size = size;
      if (storage == SlopeStorage::exact) return;
      for (auto* moments : {&n.first, &n.second})
        for (std::size_t i = 0; i < count; ++i) {
          const T x = static_cast<T>(uniform(random, 0, 1));
          store_as(moments->data(), static_cast<index_t>(i), storage, x);
        }
    };
    // A compiler may fuse a product and a sum of one loop, and not those of the other.
    const auto same = [&](const std::vector<T>& a, const std::vector<T>& b) {
      if (storage != SlopeStorage::exact)
        return std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
      const T rounding = 32 * std::numeric_limits<T>::epsilon();
      return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](T x, T y) {
        if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
        return x == y || std::abs(x - y) <= rounding * std::max(T(1), std::abs(x));
      });
    };
    for (const int threads : {1, 2, 3}) {
      Numbers one, many;
      made(one), made(many);
      for (int step = 0; step < 3; ++step) {
        for (index_t r = 0; r < rows; ++r)
          for (index_t s = 0; s < 16 && one.sign[static_cast<std::size_t>(r)] != 0; ++s)
            expr::take_step(one.call, r, s);
        EigenBackend(threads).take_steps(many.call);
      }
      CHECK(same(one.value, many.value));
      CHECK(same(one.first, many.first));
      CHECK(same(one.second, many.second));
    }
  }
}

TEST_CASE("what rows count, and the largest of it in each domain") {
  const std::int32_t index[] = {0, 1, 2, 0}, domain[] = {0, 0, 1, 1};
  const double sign[] = {1, 1, -1, 0};
  double lower[2 * 8] = {0.5, -2}, upper[2 * 8] = {}, weight[4] = {}, most[3] = {9, 9, 9};
  upper[8 + 2] = 3;
  EigenBackend().weigh(
      expr::WeighCall<double>{{index, domain, sign, 4}, {lower, upper, 8}, weight, most, 3});
  CHECK(weight[0] == 0.5);
  CHECK(weight[1] == -2);
  CHECK(weight[2] == -3);
  CHECK(weight[3] == 0);
  CHECK(most[0] == 2);
  CHECK(most[1] == 3);
  CHECK(most[2] == 0);
}
