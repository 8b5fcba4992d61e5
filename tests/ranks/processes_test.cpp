// SPDX-License-Identifier: BSD-3-Clause

// Ranks that are processes, under mpirun: each computes alone what it then computes with the others, and
// compares. Bits for whole and gathered weights, rounding for rows and columns.

#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

#include <shardbound/mpi.hpp>
#include <shardbound/network/row_col.hpp>

#include <cstdlib>

using namespace shardbound_test;

namespace {

using Tall = sb::Sequential<sb::Input<5>, sb::Linear<1000>, sb::ReLU, sb::Linear<1200>, sb::ReLU,
                            sb::Linear<3>>;

int started() {
  const char* const size = std::getenv("OMPI_COMM_WORLD_SIZE");
  return size ? std::atoi(size) : 1;
}

template <class Net, class T>
void same_as_alone(int sets, int rows, double radius) {
  const sb::Mpi world = sb::mpi::world();
  CHECK(world.size() == started());
  const HostNetwork numbers = HostNetwork::random(sb::Network<Net, T>{}, 9);
  const auto& plan = numbers.plan();
  const auto question =
      Question::random(plan[0].features, plan[plan.output()].features, sets, rows, radius, 4);
  for (const sb::Method& method : {sb::Method(sb::Crown{}), sb::Method(sb::Ibp{})}) {
    const auto alone =
        answer_of<Net, T>(sb::Self{}, numbers, method, question, sb::Store::replicated);
    for (sb::Store store : {sb::Store::replicated, sb::Store::fully_sharded}) {
      CHECK(answer_of<Net, T>(world, numbers, method, question, store) == alone);
      CHECK(answer_of<Net, T>(world, numbers, method, question, store, 16) == alone);
    }
    const auto cut =
        answer_of<sb::RowCol<Net>, T>(world, numbers, method, question, sb::Store::as_declared);
    CHECK(distance(cut.domains, alone.domains) <= (sizeof(T) == 8 ? 1e-12 : 1e-4));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("processes", T, double, float) {
  SUBCASE("joins") { same_as_alone<zoo::Nest, T>(4, 30, 0.5); }
  SUBCASE("several panels") { same_as_alone<Tall, T>(1, 4, 0.01); }
}
