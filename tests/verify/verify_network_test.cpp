// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/verify_network.hpp>
#include <tests/support/searching.hpp>

#include <mutex>
#include <vector>

using namespace shardbound;
using namespace shardbound_test;

namespace {

using Decision = Verdict::Answer;

template <class T>
void copy_searched(sb::Network<SearchedNet, T>& network) {
  searched_host(3).copy_to(network);
}
/// Unsafe: a row of the outputs that is `above` below what it can be. Neurons are cut, whatever the inputs.
sb::Property property_of(double above, std::size_t regions = 1) {
  std::mt19937 random(3);
  sb::Property property{2, 2, {}};
  for (std::size_t k = 0; k < regions; ++k) {
    const sb::Box box = random_box(random);
    property.regions.push_back({box, {next_to_minimum(searched_host(3), box, 1, above, random)}});
  }
  return property;
}
VerifyOptions over_neurons() {
  VerifyOptions options;
  options.inputs.most_inputs = 0;
  options.method.optimisation.iterations = 0;
  options.neurons.bounding.iterations = 2;
  return options;
}

}  // namespace

TEST_CASE("a network and a property are enough for a verdict") {
  sb::Network<SearchedNet> net;
  CHECK_THROWS_AS(verify(net, property_of(-0.01)), ArgumentError);  // weights are missing
  copy_searched(net);
  CHECK(verify(net, property_of(-0.01)).answer == Decision::unsat);
  const Verdict broken = verify(net, property_of(0.01));
  CHECK(broken.answer == Decision::sat);
  REQUIRE(broken.counterexample);
  CHECK(distance(searched_host(3), property_of(0.01).regions[0].unsafe[0],
                 broken.counterexample->x) <= 1e-9);
  sb::Property other = property_of(-0.01);
  other.outputs = 3;
  CHECK_THROWS_AS(verify(net, other), ArgumentError);
}

TEST_CASE("float searches, double proves, and a counterexample to float is one of float numbers") {
  sb::Network<SearchedNet, float> single;
  sb::Network<SearchedNet> exact;
  copy_searched(single);
  copy_searched(exact);
  CHECK(verify(single, exact, property_of(-0.01)).answer == Decision::unsat);
  const Verdict broken = verify(single, exact, property_of(0.01));
  REQUIRE(broken.counterexample);
  for (const double x : broken.counterexample->x)
    CHECK(static_cast<double>(static_cast<float>(x)) == x);
}

TEST_CASE("who asks is told after every round how the search stands") {
  sb::Network<SearchedNet> net;
  copy_searched(net);
  VerifyOptions options = over_neurons();
  std::vector<SearchProgress> seen;
  options.see = [&](const SearchProgress& progress) { seen.push_back(progress); };
  const Verdict verdict = verify(net, property_of(-0.01, 2), options);
  CHECK(verdict.answer == Decision::unsat);
  REQUIRE(seen.size() > 2);
  std::uint64_t domains = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const bool is_last = i + 1 == seen.size() || seen[i + 1].region != seen[i].region;
    if (is_last) {
      domains += seen[i].domains;
      CHECK(seen[i].open == 0);
      CHECK(seen[i].share == doctest::Approx(1));
    } else {
      CHECK(seen[i + 1].domains >= seen[i].domains);
    }
  }
  CHECK(seen.back().region <= 1);
  CHECK(domains == verdict.search.domains);
}

TEST_CASE("every rank gets the same verdict and sees the same rounds") {
  std::vector<std::vector<std::uint64_t>> rounds(3);
  threads::run(3, [&](auto& communicator) {
    sb::Network<SearchedNet> net{communicator};
    copy_searched(net);
    VerifyOptions options = over_neurons();
    auto& own = rounds[static_cast<std::size_t>(communicator.rank())];
    options.see = [&own](const SearchProgress& progress) { own.push_back(progress.domains); };
    CHECK(verify(net, property_of(-0.01), options).answer == Decision::unsat);
  });
  CHECK(rounds[0] == rounds[1]);
  CHECK(rounds[0] == rounds[2]);
}

TEST_CASE("where features are split over ranks slopes are left away") {
  threads::run(2, [](auto& communicator) {
    sb::Network<sb::RowCol<SearchedNet>> net{communicator};
    searched_host(3).copy_to(net);
    CHECK(verify(net, property_of(-0.01)).answer == Decision::unsat);
  });
}
