// SPDX-License-Identifier: BSD-3-Clause

// A row's bits do not depend on its company: batch mates and their order, the other rows of the query,
// wave heights, thread counts and repetition leave every result exactly as it is.

#include <doctest/doctest.h>

#include <tests/support/same_bits.hpp>
#include <tests/support/zoo.hpp>

#include <numeric>

using namespace shardbound_test;

namespace {

// Widths that are no multiple of 8, of one neuron, and beyond one block of Eigen's.
using Odd =
    sb::Sequential<sb::Input<11>, sb::Linear<300>, sb::ReLU, sb::Linear<1>, sb::Tanh,
                   sb::Linear<37>, sb::LeakyReLU, sb::Linear<261>, sb::Sigmoid, sb::Linear<5>>;

// A matrix of two panels.
using Tall = sb::Sequential<sb::Input<3>, sb::Linear<1000>, sb::ReLU, sb::Linear<1200>, sb::ReLU,
                            sb::Linear<30>>;
static_assert(sb::panel_count(1200, 1000) == 2);

const sb::Method methods[] = {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{},
                              sb::Crown{sb::Intermediates::textbook}};

template <class Net, class T>
void same_bits_however_asked(int sets, int rows, double radius) {
  std::vector<std::unique_ptr<sb::Network<Net, T>>> networks;  // with 1, 2 and 3 threads
  for (int threads = 1; threads <= 3; ++threads) {
    networks.push_back(std::make_unique<sb::Network<Net, T>>(sb::Self{}, threads));
    HostNetwork::random(*networks[0], 7).copy_to(*networks.back());
  }
  const auto& network = *networks[0];
  const auto question =
      Question::random(network.inputs(), network.outputs(), sets, rows, radius, 11);

  std::mt19937 random(5);
  for (const auto& method : methods) {
    const auto number = &method - methods;
    CAPTURE(number);
    // The reference: every domain alone, in the lowest waves there are.
    Answer<T> alone;
    sb::Pass<T, sb::EigenBackend> pass(network, method, capacity_of(network, method, 1, rows, 16));
    for (int d = 0; d < sets; ++d) ask(pass, question, {d}, in_order(question.rows.size()), alone);
    Answer<T> again;
    for (int d = 0; d < sets; ++d) ask(pass, question, {d}, in_order(question.rows.size()), again);
    CHECK(again == alone);

    for (const sb::index_t wave : {16, 24, 64, 0}) {
      const auto threads = 1 + random() % 3;
      CAPTURE(wave);
      CAPTURE(threads);
      CHECK(ask_all(*networks[threads - 1], method, question, wave) == alone);
    }
    auto set_order = in_order(question.sets.size()), row_order = in_order(question.rows.size());
    std::shuffle(set_order.begin(), set_order.end(), random);
    std::shuffle(row_order.begin(), row_order.end(), random);
    sb::Pass<T, sb::EigenBackend> shuffled(*networks[2], method,
                                           capacity_of(network, method, sets + 1, rows + 9, 40));
    Answer<T> other;
    ask(shuffled, question, set_order, row_order, other);
    CHECK(other == alone);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("bits do not depend on company", T, double, float) {
  SUBCASE("odd widths") { same_bits_however_asked<Odd, T>(4, 21, 0.2); }
  SUBCASE("joins") { same_bits_however_asked<zoo::Nest, T>(5, 40, 0.5); }
  SUBCASE("long chains") { same_bits_however_asked<zoo::Run, T>(17, 3, 0.5); }
  SUBCASE("several panels") { same_bits_however_asked<Tall, T>(2, 10, 0.02); }
}

// With one rank every policy is the identity; how a matrix is kept must never show.
TEST_CASE_TEMPLATE("policies do not show", T, double, float) {
  const auto answer = []<class P>(P) {
    using Net = sb::Sequential<sb::Input<7>, sb::Linear<20, P>, sb::ReLU, sb::Linear<9, P>,
                               sb::ReLU, sb::Linear<3>>;
    sb::Network<Net, T> network;
    HostNetwork::random(network, 4).copy_to(network);
    return ask_all(network, sb::Crown{}, Question::random(7, 3, 2, 5, 0.4, 6));
  };
  const auto reference = answer(sb::Replicated{});
  CHECK(answer(sb::FullySharded{}) == reference);
  CHECK(answer(sb::RowSharded{}) == reference);
  CHECK(answer(sb::ColSharded{}) == reference);
}

TEST_CASE_TEMPLATE("a budget of coefficients instead of a wave height", T, double, float) {
  sb::Network<Odd, T> network;
  HostNetwork::random(network, 3).copy_to(network);
  const auto question = Question::random(11, 5, 3, 4, 0.1, 2);
  const auto reference = ask_all(network, sb::Crown{}, question);
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{100'000}, std::size_t{1} << 30}) {
    sb::Pass<T, sb::EigenBackend> pass(network, sb::Crown{}, [&] {
      sb::Capacity capacity = capacity_of(network, sb::Crown{}, 3, 4);
      capacity.coefficient_bytes = bytes;
      return capacity;
    }());
    Answer<T> answer;
    ask(pass, question, {0, 1, 2}, {0, 1, 2, 3}, answer);
    CHECK(answer == reference);
    CHECK(pass.wave_height() % sb::row_group == 0);
    const auto coefficients = network.backend().memory().current(sb::Category::coefficients);
    CHECK((coefficients <= bytes || pass.wave_height() == sb::least_rows));
  }
}
