// SPDX-License-Identifier: BSD-3-Clause

// A convolution is the big matrix that it is as a whole: bounds by every method are those of the network that has
// its convolutions written out.

#include <doctest/doctest.h>

#include <tests/support/convolutions.hpp>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/ibp.hpp>
#include <shardbound/bound/pass.hpp>

#include <cmath>

using namespace shardbound_test;

namespace {

template <class T>
void check_close(const std::vector<T>& a, const std::vector<T>& b) {
  REQUIRE(a.size() == b.size());
  const double margin = std::is_same_v<T, double> ? 1e-11 : 2e-4;
  for (std::size_t i = 0; i < a.size(); ++i)
    CHECK(std::abs(a[i] - b[i]) <= margin * std::max(1.0, std::abs(static_cast<double>(b[i]))));
}

sb::InputSet box_around(sb::index_t features, double radius, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  sb::InputSet set;
  for (sb::index_t i = 0; i < features; ++i) {
    const double centre = uniform(random), reach = radius * std::abs(uniform(random));
    set.box.lower.push_back(centre - reach);
    set.box.upper.push_back(centre + reach);
  }
  return set;
}

}  // namespace

TEST_CASE_TEMPLATE("convolutions are matrices", T, double) {
  int regional = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Drawn drawn = drawn_convolutions(random);
    const auto windows = network_of<T>(drawn, false, {}, 1 + seed % 2),
               matrices = network_of<T>(drawn, true);
    for (int v = 1; v < windows->plan().size(); ++v)
      if (windows->plan().is_pre_activation(v))
        regional += sb::StartTiles(windows->plan(), v).any();
    const sb::InputSet sets[] = {box_around(windows->inputs(), 0.3, random),
                                 box_around(windows->inputs(), 0.1, random)};
    for (const sb::Method& method :
         {sb::Method(sb::Ibp{}), sb::Method(sb::CrownIbp{}), sb::Method(sb::Crown{}),
          sb::Method(sb::Crown{sb::Intermediates::textbook}),
          sb::Method(sb::AlphaCrown{{.iterations = 4}})}) {
      sb::Capacity capacity;
      capacity.domains = 2;
      sb::Pass<T, sb::EigenBackend> ours(*windows, method, capacity),
          theirs(*matrices, method, capacity);
      const auto found = ours.run(sets), wanted = theirs.run(sets);
      for (std::size_t d = 0; d < 2; ++d) {
        check_close(found.outputs[d].lower, wanted.outputs[d].lower);
        check_close(found.outputs[d].upper, wanted.outputs[d].upper);
      }
      for (int v = 1; v < windows->plan().size(); ++v)
        for (std::size_t d = 0; d < 2; ++d) {
          check_close(ours.node_bounds(v)[d].lower, theirs.node_bounds(v)[d].lower);
          check_close(ours.node_bounds(v)[d].upper, theirs.node_bounds(v)[d].upper);
        }
    }
  }
  CHECK(regional > 10);  // rows of tiles were among them
}
