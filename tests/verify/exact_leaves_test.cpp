// SPDX-License-Identifier: BSD-3-Clause

// Every leaf there can be of small networks - a side for each unstable neuron - beside the least value of the network:
// together they are refuted if no point is below the threshold, and one of them has such a point otherwise.

#include <doctest/doctest.h>

#include <shardbound/clp.hpp>
#include <shardbound/verify/exact_leaves.hpp>
#include <shardbound/verify/neuron_scores.hpp>
#include <tests/support/searching.hpp>
#include <tests/support/simplices.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

using namespace shardbound_test;

namespace {

sb::Box small_box(std::mt19937& random) {
  sb::Box box = random_box(random);
  for (std::size_t i = 0; i < 2; ++i) {
    box.lower[i] += 0.5;  // fewer neurons are unstable
    box.upper[i] -= 0.5;
  }
  return box;
}

/// A conjunction over a box, and an engine that was run over it.
template <class Net, class T = double>
class Tree {
 public:
  Tree(unsigned seed, const sb::Box& box, sb::Conjunction set, sb::AnyCommunicator comm = {})
      : set_(std::move(set)) {
    auto network = std::make_unique<sb::Network<Net, T>>(std::move(comm));
    HostNetwork::random(sb::Network<Net>(), seed, 1.5).copy_to(*network);
    engine_ = std::make_unique<sb::EngineOf<T, sb::EigenBackend>>(std::move(network));
    sb::Capacity capacity;
    capacity.rows = 16;
    capacity.linear_bounds = true;
    engine_->prepare({}, capacity);
    sb::RowQuery query;
    const sb::InputSet domain(box);
    query.matrix = set_.rows;
    query.domain.assign(set_.rhs.size(), 0);
    engine_->run({&domain, 1}, query, {.outputs = false}, nullptr);
    for (const sb::SplitNeurons& own : sb::split_neurons(*engine_, 0))
      for (const std::int32_t neuron : own.neuron) all_.push_back({own.activation, neuron, 1});
  }
  sb::Engine& engine() { return *engine_; }
  std::size_t neurons() const { return all_.size(); }

  std::vector<sb::SearchPart> leaves() const {
    std::vector<sb::SearchPart> leaves(std::size_t{1} << all_.size());
    for (std::size_t pattern = 0; pattern < leaves.size(); ++pattern) {
      sb::SearchPart& leaf = leaves[pattern];
      leaf.splits = all_;
      for (std::size_t i = 0; i < all_.size(); ++i)
        leaf.splits[i].side = (pattern >> i) % 2 ? 1 : -1;
      leaf.rows.resize(set_.rhs.size());
    }
    return leaves;
  }
  std::vector<sb::SearchPart> judged(sb::MinimaxSolver solver, sb::index_t rows = 16,
                                     const sb::CancelToken* cancel = nullptr) {
    auto all = leaves();
    const sb::SearchTask task{0, &set_, 0, 0};
    sb::ExactLeaves(*engine_, solver, {&task, 1}, rows).judge(all, cancel, nullptr);
    return all;
  }

 private:
  sb::Conjunction set_;
  std::unique_ptr<sb::Engine> engine_;
  std::vector<sb::NeuronSplit> all_;
};

sb::Conjunction with_least_at(const HostNetwork& host, const sb::Box& box, std::size_t rows,
                              double above, std::mt19937& random) {
  sb::Conjunction set;
  for (std::size_t r = 0; r < rows; ++r) {
    for (int i = 0; i < 2; ++i) set.rows.push_back(static_cast<float>(uniform(random)));
    set.rhs.push_back(r == 0 ? 0 : uniform(random, -0.5, 0.5));
  }
  const auto least = static_cast<double>(Simplices(host, box).least_distance(set));
  for (double& threshold : set.rhs) threshold += least + above;
  return set;
}

}  // namespace

TEST_CASE("leaves are refuted together, or one of them has a counterexample") {
  int empty = 0, open = 0;
  for (unsigned seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const HostNetwork host = searched_host(seed);
    const sb::Box box = small_box(random);
    const std::size_t rows = 1 + seed % 3;
    for (const double above : {-1e-7, 1e-7}) {
      CAPTURE(above);
      const auto set = with_least_at(host, box, rows, above, random);
      Tree<SearchedNet> tree(seed, box, set);
      REQUIRE(sb::bends_at_zero_alone(tree.engine()));
      if (tree.neurons() > 9) continue;
      int hits = 0, left = 0;
      for (const sb::SearchPart& leaf : tree.judged(&sb::clp::minimax)) {
        CHECK(leaf.is_empty == leaf.point.empty());
        if (leaf.is_empty) continue;
        ++left;
        hits += distance(host, set, leaf.point) <= 0;
      }
      CHECK((left == 0) == (above < 0));
      CHECK((hits > 0) == (above > 0));
      (above < 0 ? empty : open) += 1;
    }
  }
  CHECK(empty >= 15);
  CHECK(open >= 15);
}

TEST_CASE("in float32 less is proved, and nothing that is wrong") {
  int proved = 0, all = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const HostNetwork host = searched_host(seed);
    const sb::Box box = small_box(random);
    for (const double above : {-1e-3, 1e-6}) {
      const auto set = with_least_at(host, box, 1, above, random);
      Tree<SearchedNet, float> tree(seed, box, set);
      if (tree.neurons() > 9) continue;
      int left = 0;
      for (const sb::SearchPart& leaf : tree.judged(&sb::clp::minimax)) left += !leaf.is_empty;
      if (above > 0) {
        CHECK(left > 0);
        continue;
      }
      ++all;
      proved += left == 0;
    }
  }
  CHECK(all >= 6);
  CHECK(proved == all);
}

TEST_CASE("neither ranks nor room change what is found") {
  constexpr unsigned seed = 3;
  std::mt19937 random(seed);
  const HostNetwork host = searched_host(seed);
  const sb::Box box = small_box(random);
  const auto set = with_least_at(host, box, 2, 0.1, random);
  const auto same = [](const std::vector<sb::SearchPart>& a, const std::vector<sb::SearchPart>& b) {
    bool is_same = a.size() == b.size();
    for (std::size_t i = 0; is_same && i < a.size(); ++i)
      is_same = a[i].is_empty == b[i].is_empty && a[i].point == b[i].point;
    return is_same;
  };
  Tree<SearchedNet> single(seed, box, set);
  REQUIRE(single.neurons() > 3);
  REQUIRE(single.neurons() < 11);
  const auto expected = single.judged(&sb::clp::minimax);
  for (const sb::index_t rows : {1, 5})
    CHECK(same(single.judged(&sb::clp::minimax, rows), expected));
  for (const int ranks : {2, 3})
    sb::threads::run(ranks, [&](auto& comm) {
      Tree<SearchedNet> tree(seed, box, set, comm);
      CHECK(same(tree.judged(&sb::clp::minimax), expected));
    });
}

TEST_CASE("no proof depends on the solver") {
  constexpr unsigned seed = 3;
  std::mt19937 random(seed);
  const HostNetwork host = searched_host(seed);
  const sb::Box box = small_box(random);
  Tree<SearchedNet> tree(seed, box, with_least_at(host, box, 1, 1e-6, random));
  using Planes = std::span<const sb::Plane>;
  const auto some_are_left = [&](sb::MinimaxSolver solver) {
    int left = 0;
    for (const sb::SearchPart& leaf : tree.judged(solver)) left += !leaf.is_empty;
    return left > 0;
  };
  CHECK(some_are_left([](const sb::Box& within, Planes planes, const sb::CancelToken*) {
    std::mt19937 draw(static_cast<unsigned>(planes.size()));
    sb::Minimax found{within.lower, {}};
    for (std::size_t k = 0; k < planes.size(); ++k) found.weights.push_back(uniform(draw, 0, 9));
    return std::optional(found);
  }));
  CHECK(some_are_left([](const sb::Box& within, Planes planes, const sb::CancelToken*) {
    return std::optional(sb::Minimax{within.lower, std::vector<double>(planes.size(), -1)});
  }));
  // One that fails: nothing is said.
  for (const sb::SearchPart& leaf :
       tree.judged([](const sb::Box&, Planes,
                      const sb::CancelToken*) -> std::optional<sb::Minimax> { return {}; })) {
    CHECK_FALSE(leaf.is_empty);
    CHECK(leaf.point.empty());
  }
  sb::CancelToken cancel;
  cancel.cancel();
  CHECK_THROWS_AS(tree.judged(&sb::clp::minimax, 16, &cancel), sb::Cancelled);
}

TEST_CASE("rows that the scalar does not hold say nothing") {
  constexpr unsigned seed = 3;
  std::mt19937 random(seed);
  const HostNetwork host = searched_host(seed);
  const sb::Box box = small_box(random);
  sb::Conjunction set = with_least_at(host, box, 1, -0.5, random);
  set.rows.insert(set.rows.begin(), {1e-60, 0});  // nothing, to float32
  set.rhs.insert(set.rhs.begin(), 1);
  Tree<SearchedNet, float> both(seed, box, set);
  REQUIRE(both.neurons() < 11);
  for (const sb::SearchPart& leaf : both.judged(&sb::clp::minimax)) CHECK(leaf.is_empty);
  set.rows.resize(2);
  set.rhs.resize(1);
  Tree<SearchedNet, float> none(seed, box, set);
  for (const sb::SearchPart& leaf : none.judged(&sb::clp::minimax)) {
    CHECK_FALSE(leaf.is_empty);
    CHECK(leaf.point.empty());
  }
}

TEST_CASE("beside activations of other kinds leaves are not exact, and never wrong") {
  using Curved =
      sb::Sequential<sb::Input<2>, sb::Linear<4>, sb::Tanh, sb::Linear<4>, sb::ReLU, sb::Linear<2>>;
  int refuted = 0, all = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const HostNetwork host = HostNetwork::random(sb::Network<Curved>(), seed, 1.5);
    const sb::Box box = small_box(random);
    sb::Conjunction set{{1, static_cast<float>(uniform(random))}, {0}};
    set.rhs[0] = least_distance(host, set, box) + 1e-9;
    Tree<Curved> tree(seed, box, set);
    CHECK_FALSE(sb::bends_at_zero_alone(tree.engine()));
    bool some_left = false;
    for (const sb::SearchPart& leaf : tree.judged(&sb::clp::minimax)) {
      some_left = some_left || !leaf.is_empty;
      refuted += leaf.is_empty;
      ++all;
    }
    CHECK(some_left);
  }
  CHECK(refuted > all / 3);
}
