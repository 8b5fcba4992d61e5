// SPDX-License-Identifier: BSD-3-Clause

// Calls are values that a queue or a kernel launch can hold: no references, nothing to destroy. Steps that they ask for
// are Adam's.

#include <doctest/doctest.h>

#include <shardbound/expr/free_neuron.hpp>
#include <shardbound/expr/slope_calls.hpp>
#include <tests/support/random_network.hpp>

#include <algorithm>
#include <set>
#include <type_traits>
#include <vector>

using namespace shardbound;
using namespace shardbound::expr;
using shardbound_test::uniform;

template <class Call>
constexpr bool is_value =
    std::is_trivially_copyable_v<Call>&& std::is_trivially_destructible_v<Call>;

static_assert(is_value<FreeNeurons<float>> && is_value<FreeCall<float>> &&
              is_value<ParametersCall<float>> && is_value<ChordSums> &&
              is_value<GradientCall<float>> && is_value<StepCall<float>> &&
              is_value<ImproveCall<float>> && is_value<KeepCall<float>> &&
              is_value<Cotangents<float>> && is_value<WeighCall<float>> &&
              is_value<ChordCall<float>>);

// What a call says if nobody says otherwise.
static_assert(GradientCall<float>{}.chords.numbers == nullptr);
static_assert(StepCall<float>{}.storage == SlopeStorage::exact);
static_assert(KeepCall<float>{}.storage == SlopeStorage::exact);
static_assert(WeighCall<float>{}.weight == nullptr);

// Sums of fewer than 2^16 rows are whole numbers that a double holds.
static_assert(ChordSums::most * 0x1p16 <= 0x1p53);
static_assert(0.5 * ChordSums::finer * 0x1p16 <= 0x1p53);

TEST_CASE("planes of numbers lie behind each other, of all domains") {
  double numbers[FreeNeurons<double>::plane_count * 3 * 16] = {};
  FreeNeurons<double> neurons;
  neurons.numbers = numbers;
  neurons.domains = 3;
  neurons.slots = 16;
  std::set<double*> planes;
  for (int plane = 0; plane < FreeNeurons<double>::plane_count; ++plane)
    planes.insert(neurons.plane(plane));
  CHECK(planes.size() == FreeNeurons<double>::plane_count);
  CHECK(neurons.plane(FreeNeurons<double>::least) == numbers);
  CHECK(neurons.plane(FreeNeurons<double>::plane_count) == std::end(numbers));
}

namespace {

template <class T>
struct Steps {
  static constexpr index_t slots = 8;
  std::vector<T> gradient, value, first, second;
  std::vector<std::uint16_t> short_first, short_second;
  std::vector<T> least, most;
  std::int32_t index[2] = {0, 0}, domain[2] = {0, 0}, home[2] = {1, 0};
  T sign[2] = {1, -1};
  StepCall<T> call;

  explicit Steps(SlopeStorage storage)
      : gradient(16),
        value(16, T(0.5)),
        first(16),
        second(16),
        short_first(16),
        short_second(16),
        least(slots, T(0)),
        most(slots, T(1)) {
    call.rows = {index, domain, sign, 2, home};
    call.gradient = gradient.data();
    call.slots = slots;
    call.value = value.data();
    call.storage = storage;
    const bool exact = storage == SlopeStorage::exact;
    call.first = exact ? static_cast<void*>(first.data()) : short_first.data();
    call.second = exact ? static_cast<void*>(second.data()) : short_second.data();
    call.least = least.data();
    call.most = most.data();
    call.size = size;
  }
  T size[step_numbers] = {};
  void step(double learning_rate, int t) {
    size[step_rate] = static_cast<T>(learning_rate / (1 - std::pow(0.9, t)));
    size[step_correction] = static_cast<T>(1 / std::sqrt(1 - std::pow(0.999, t)));
    for (index_t r = 0; r < 2; ++r)
      for (index_t s = 0; s < slots; ++s) take_step(call, r, s);
  }
};

/// The largest distance from plain Adam, uphill, in double.
template <class T>
double distance_from_adam(SlopeStorage storage) {
  Steps<T> steps(storage);
  std::vector<double> value(16, 0.5), first(16), second(16);
  std::mt19937 random(1);
  double worst = 0;
  for (int t = 1; t <= 20; ++t) {
    const double rate = 0.1 * std::pow(0.98, t);
    for (T& g : steps.gradient) g = static_cast<T>(uniform(random, -1, 1.2));
    steps.step(rate, t);
    for (std::size_t r = 0; r < 2; ++r)
      for (std::size_t s = 0; s < 8; ++s) {
        const std::size_t at = static_cast<std::size_t>(steps.home[r]) * 8 + s;
        const double g = static_cast<double>(steps.gradient[r * 8 + s]);
        first[at] = 0.9 * first[at] + 0.1 * g;
        second[at] = 0.999 * second[at] + 0.001 * g * g;
        const double m = first[at] / (1 - std::pow(0.9, t)),
                     v = second[at] / (1 - std::pow(0.999, t));
        value[at] = std::clamp(value[at] + rate * m / (std::sqrt(v) + 1e-8), 0.0, 1.0);
        worst = std::max(worst, std::abs(static_cast<double>(steps.value[at]) - value[at]));
      }
  }
  return worst;
}

}  // namespace

TEST_CASE("steps are Adam's") {
  CHECK(distance_from_adam<double>(SlopeStorage::exact) <= 1e-13);
  CHECK(distance_from_adam<float>(SlopeStorage::exact) <= 1e-5);
  CHECK(distance_from_adam<double>(SlopeStorage::bfloat16) <= 0.02);
  CHECK(distance_from_adam<float>(SlopeStorage::bfloat16) <= 0.02);
  CHECK(distance_from_adam<double>(SlopeStorage::bfloat16) > 0);
}

TEST_CASE_TEMPLATE("parameters stay within what is allowed, also where nothing is a number", T,
                   double, float) {
  Steps<T> steps(SlopeStorage::exact);
  steps.least[1] = T(0.4), steps.most[1] = T(0.45);
  const T gradients[] = {T(1e6), T(-1), T(0), T(NAN), T(INFINITY), T(-1e-30), T(1), T(-INFINITY)};
  for (std::size_t i = 0; i < 16; ++i) steps.gradient[i] = gradients[i % 8];
  for (int t = 1; t < 12; ++t) {
    steps.step(0.3, t);
    for (std::size_t i = 0; i < 16; ++i) {
      REQUIRE(steps.value[i] >= steps.least[i % 8]);
      REQUIRE(steps.value[i] <= steps.most[i % 8]);
    }
  }
  for (const std::size_t row : {0u, 8u}) {
    CHECK(steps.value[row] == 1);
    CHECK(steps.value[row + 1] == T(0.4));
    CHECK(steps.value[row + 2] == T(0.5));
    CHECK(steps.value[row + 3] == 0);  // begins again at one that is allowed
    CHECK(steps.value[row + 6] == 1);
  }
}

TEST_CASE_TEMPLATE("rows that are better than ever keep their parameters", T, double, float) {
  const std::int32_t index[] = {0, 0, 0, 0}, domain[] = {0, 0, 0, 0}, home[] = {3, 1, 0, 2};
  const T sign[] = {1, -1, 1, 0};
  T constant[] = {1, 2, 3, 100}, slack[] = {0, T(0.5), 0, 0}, best[] = {3, T(1), -1, 7};
  std::uint8_t improved[] = {9, 9, 9, 9};
  const ImproveCall<T> call{{index, domain, sign, 4, home}, {constant, slack}, best, improved};
  for (index_t r = 0; r < 4; ++r) note_improvement(call, r);
  CHECK(improved[3] == 0);  // 1 where there was 7
  CHECK(improved[1] == 1);
  CHECK(best[1] == 2);      // to nearest: slack is no merit of the slopes
  CHECK(improved[0] == 0);  // as good as ever is not better
  CHECK(improved[2] == 9);
  CHECK(best[2] == -1);
  T value[] = {1, 2, 3, 4, 5, 6, 7, 8}, kept[8] = {};
  std::uint16_t kept_short[8] = {};
  improved[2] = 0;
  for (index_t row = 0; row < 4; ++row)
    for (index_t s = 0; s < 2; ++s) {
      keep_parameter(KeepCall<T>{improved, 4, 2, value, kept, SlopeStorage::exact}, row, s);
      keep_parameter(KeepCall<T>{improved, 4, 2, value, kept_short, SlopeStorage::bfloat16}, row,
                     s);
    }
  CHECK(std::vector<T>(kept, kept + 8) == std::vector<T>{0, 0, 3, 4, 0, 0, 0, 0});
  CHECK(stored<T>(kept_short, 3, SlopeStorage::bfloat16) == 4);
  CHECK(kept_short[0] == 0);
}
