// SPDX-License-Identifier: BSD-3-Clause

// Every policy composes with every other: whatever is drawn for each Linear layer, and over however many
// ranks and waves, the bounds are those of one rank, and no sampled point escapes.

#include <tests/support/escape.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

/// A number of a seed, while compiling.
constexpr std::uint64_t drawn(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t z = (seed * 1000003 + number + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

/// Of every third seed the two policies that change no bit, of the others any.
constexpr bool keeps_bits(unsigned seed) { return seed % 3 == 0; }
template <unsigned Seed, int Number>
using Policy = std::tuple_element_t<
    drawn(Seed, Number) % (keeps_bits(Seed) ? 2 : 4),
    std::tuple<sb::Replicated, sb::FullySharded, sb::RowSharded, sb::ColSharded>>;

/// A layer with policies drawn for its Linear layers, the first of which is number N of the network.
template <class L, unsigned Seed, int N>
struct Draw {
  using type = L;
  static constexpr int next = N;
};
template <sb::index_t Out, class P, unsigned Seed, int N>
struct Draw<sb::Linear<Out, P>, Seed, N> {
  using type = sb::Linear<Out, Policy<Seed, N>>;
  static constexpr int next = N + 1;
};

// What is drawn so far, and the number of the next Linear layer.
template <unsigned Seed, int N, class... Done>
struct Drawn {
  template <template <class...> class Of>
  using As = Of<Done...>;
  static constexpr int next = N;
};
template <unsigned Seed, int N, class... Done, class L>
consteval auto operator+(Drawn<Seed, N, Done...>, L*) {
  using Next = Draw<L, Seed, N>;
  return Drawn<Seed, Next::next, Done..., typename Next::type>{};
}
template <template <class...> class Of, class Layers>
struct DrawParts {
  using type = typename Layers::template As<Of>;
  static constexpr int next = Layers::next;
};
template <class... Layers, unsigned Seed, int N>
struct Draw<sb::Sequential<Layers...>, Seed, N>
    : DrawParts<sb::Sequential,
                decltype((Drawn<Seed, N>{} + ... + static_cast<Layers*>(nullptr)))> {};
template <class... Branches, unsigned Seed, int N>
struct Draw<sb::Concat<Branches...>, Seed, N>
    : DrawParts<sb::Concat, decltype((Drawn<Seed, N>{} + ... + static_cast<Branches*>(nullptr)))> {
};
template <class Main, class Shortcut, unsigned Seed, int N>
struct Draw<sb::Residual<Main, Shortcut>, Seed, N>
    : DrawParts<sb::Residual, decltype(Drawn<Seed, N>{} + static_cast<Main*>(nullptr) +
                                       static_cast<Shortcut*>(nullptr))> {};

template <class Net, unsigned Seed>
using Random = typename Draw<Net, Seed, 0>::type;

// Something is drawn, and structure stays.
using One = sb::Sequential<sb::Input<3>, zoo::Linear<4>, sb::Residual<zoo::Linear<4>>, sb::ReLU>;
static_assert(std::same_as<Random<One, 1>,
                           sb::Sequential<sb::Input<3>, sb::Linear<4, Policy<1, 0>>,
                                          sb::Residual<sb::Linear<4, Policy<1, 1>>>, sb::ReLU>>);

// Wide enough for blocks of several groups on every rank, with zones that end in sums and side by side.
using Wide = zoo::Seq<sb::Input<20>, zoo::Linear<90>, sb::ReLU, zoo::Linear<64>, sb::Tanh,
                      sb::Residual<zoo::Seq<zoo::Linear<64>, sb::ReLU>>, sb::LeakyReLU,
                      sb::Concat<zoo::Seq<zoo::Linear<40>>, zoo::Seq<zoo::Linear<80>, sb::ReLU>>,
                      sb::ReLU, zoo::Linear<33>, sb::ReLU, zoo::Linear<3>>;

const sb::Method methods[] = {sb::CrownIbp{}, sb::Crown{}, sb::Crown{sb::Intermediates::textbook}};

template <class Net, unsigned Seed>
void same_bounds(double radius) {
  std::mt19937 random(Seed);
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net>{}, Seed);
  const auto& plan = numbers.plan();
  const auto question =
      Question::random(plan[0].features, plan[plan.output()].features, 3, 12, radius, Seed);
  const int all_ranks[] = {2, 3, 4, 7, 8};
  for (const auto& method : methods) {
    const int ranks = all_ranks[random() % 5];
    const sb::index_t wave = random() % 3 == 0 ? 0 : 8 * static_cast<sb::index_t>(random() % 9);
    CAPTURE(Seed);
    CAPTURE(&method - methods);
    CAPTURE(ranks);
    CAPTURE(wave);
    const auto alone =
        answer_of<Net, double>(sb::Self{}, numbers, method, question, sb::Store::replicated);
    const auto answer = on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
      return answer_of<Random<Net, Seed>, double>(communicator, numbers, method, question,
                                                  sb::Store::as_declared, wave);
    });
    if (keeps_bits(Seed)) CHECK(answer == alone);
    long double outside = -1;
    for (std::size_t d = 0; d < question.sets.size(); ++d)
      for (int sample = 0; sample < 20; ++sample)
        outside = std::max(outside, escape(answer, question, d,
                                           numbers.values(random_point(random, question.sets[d]))));
    CHECK(outside <= 0);
    CHECK(distance(answer.domains, alone.domains) <= 1e-12);
    CHECK(distance(answer.rows, alone.rows) <= 1e-12);
  }
}

template <class Net>
void whatever_is_drawn(double radius) {
  [&]<unsigned... Seed>(std::integer_sequence<unsigned, Seed...>) {
    (same_bounds<Net, Seed>(radius), ...);
  }
  (std::make_integer_sequence<unsigned, 6>{});
}

}  // namespace

TEST_CASE("any policies, any number of ranks, any waves") {
  SUBCASE("mlp") { whatever_is_drawn<zoo::Mlp>(0.3); }
  SUBCASE("curves") { whatever_is_drawn<zoo::Curves>(0.3); }
  SUBCASE("every activation") { whatever_is_drawn<zoo::Every>(0.3); }
  SUBCASE("residual") { whatever_is_drawn<zoo::ResNet>(0.5); }
  SUBCASE("fork") { whatever_is_drawn<zoo::Fork>(0.5); }
  SUBCASE("nest") { whatever_is_drawn<zoo::Nest>(0.5); }
  SUBCASE("run") { whatever_is_drawn<zoo::Run>(0.5); }
  SUBCASE("wide") { whatever_is_drawn<Wide>(0.1); }
}
