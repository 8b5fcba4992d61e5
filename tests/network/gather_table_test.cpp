// SPDX-License-Identifier: BSD-3-Clause

// Tables of gathers, and how networks of nodes that mix features are told of them.

#include <doctest/doctest.h>

#include <shardbound/network/gather_table.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_plan.hpp>

using namespace shardbound_test;
using namespace shardbound;

namespace {

template <class T, class B>
std::vector<T> read(B& backend, const Buffer<T, B>& buffer) {
  std::vector<T> host(static_cast<std::size_t>(buffer.size()));
  backend.to_host(host.data(), buffer.data(), buffer.size());
  return host;
}

}  // namespace

TEST_CASE("who reads a feature is known in order") {
  Node node;
  node.features = 5;
  node.repeats = 3;
  const std::vector<std::int32_t> given = {2, 0, -1, 2, 2};
  const GatherTable table("it", node, 3, given);
  CHECK(table.first_reader == std::vector<std::int32_t>{0, 1, 1, 4, 4, 4, 4, 4});
  CHECK(std::vector<std::int32_t>(table.readers.begin(), table.readers.begin() + 4) ==
        std::vector<std::int32_t>{1, 0, 3, 4});
  node.repeats = 2;
  CHECK_THROWS_WITH_AS(GatherTable("it", node, 3, given),
                       "it: its output 4 is feature 2 of 3, which is read more often than "
                       "Node::repeats says",
                       ArgumentError);
}

TEST_CASE_TEMPLATE("a gather knows its features, and says what it misses", T, float, double) {
  PlanWriter writer(3);
  const int gather = writer.gather(4, 0, 2);
  const auto plan = writer.written();
  const auto network = network_of<T, CheckedBackend>(plan);
  CHECK(network->missing() == std::vector<std::string>{"node 1 (Gather) misses its indices"});
  const auto set = [&](std::vector<std::int32_t> indices, std::vector<double> fill = {}) {
    network->set_gather(gather, indices, fill);
  };
  CHECK_THROWS_WITH_AS(set({0, 1, 2}), doctest::Contains("3 numbers where 4 belong"), ShapeError);
  CHECK_THROWS_WITH_AS(set({0, 1, 2, 3}),
                       doctest::Contains("its output 3 is feature 3 of 3, which is not there"),
                       ArgumentError);
  CHECK_THROWS_AS(set({0, 1, 2, -2}), ArgumentError);
  CHECK_THROWS_WITH_AS(set({1, 1, 2, 1}), doctest::Contains("Node::repeats"), ArgumentError);
  CHECK_THROWS_AS(set({1, 1, 2, -1}, {1, 2}), ShapeError);
  CHECK_THROWS_AS(set({1, 1, 2, -1}, {0, 0, 0, NAN}), ArgumentError);
  set({1, -1, 2, 1}, {0, 0.1, 0, 0});
  CHECK(network->missing().empty());
  const auto& own = network->parameters(gather);
  CHECK(read(network->backend(), own.indices) ==
        std::vector<std::int32_t>{1, -1, 2, 1, -1, -1, -1, -1});
  CHECK(read(network->backend(), own.fill)[1] == static_cast<T>(0.1));
  const double error = read(network->backend(), own.fill_error)[1];
  CHECK(error >= std::abs(0.1 - static_cast<double>(static_cast<T>(0.1))));
  CHECK(error <= 2e-9);
  network->forget();
  CHECK_FALSE(network->missing().empty());
}

TEST_CASE("nodes that mix features are described with their runs") {
  PlanWriter plan(6);
  const int pairs = plan.runs(NodeKind::sum, 3, 0);
  plan.runs(NodeKind::maximum, 2, 0);
  plan.runs(NodeKind::softmax, 6, 0);
  plan.gather(2, 0);
  plan.multiply(pairs, pairs);
  const auto written = plan.written();
  const auto network = network_of<double>(written);
  const char* const names[] = {"Input<6>",   "Sum<3>", "Maximum<2>",
                               "Softmax<6>", "Gather", "Multiply"};
  for (int v = 0; v < 6; ++v) CHECK(network->kind_name(v) == names[v]);
  CHECK_THROWS_WITH_AS(network->set_gather(1, {0, 0}), doctest::Contains("is not a gather"),
                       ArgumentError);
}
