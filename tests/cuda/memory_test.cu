// SPDX-License-Identifier: BSD-3-Clause

// What is counted without a GPU is what is taken on one, and what the driver says was taken.

#include <tests/support/gpu.hpp>
#include <tests/support/random_network.hpp>

#include <shardbound/comm/imagined.hpp>
#include <shardbound/cuda.cuh>

#include <doctest/doctest.h>

using namespace shardbound_test;

namespace {

using Net = sb::Sequential<sb::Input<784>, sb::Linear<1024>, sb::ReLU, sb::Linear<1024>, sb::ReLU,
                           sb::Linear<1024>, sb::ReLU, sb::Linear<10>>;

const sb::Capacity capacity{.rows = 10};

}  // namespace

TEST_CASE_TEMPLATE("counting needs no GPU", T, float, double) {
  sb::Network<Net, T, sb::Cuda> network(
      sb::Imagined(1, 4),
      std::make_unique<sb::Cuda>(sb::Precision::native, sb::Allocation::counted));
  sb::Pass<T, sb::Cuda> pass(network, sb::Crown{}, capacity);
  const auto memory = network.backend().memory();
  CHECK(memory.peak(sb::Category::weights) > sizeof(T) * 784 * 1024);
  CHECK(memory.peak(sb::Category::coefficients) > 0);
  CHECK(memory.total_peak() == memory.total());
  CHECK_THROWS_AS(pass.run(std::vector<sb::InputSet>{
                      sb::Box{std::vector<double>(784, 0.0), std::vector<double>(784, 0.0)}}),
                  sb::ArgumentError);
}

TEST_CASE_TEMPLATE("prediction, ledger and driver agree", T, float, double) {
  if (no_gpu()) return;
  for (const auto precision : {sb::Precision::native, sb::Precision::tf32x3}) {
    CAPTURE(static_cast<int>(precision));
    std::size_t predicted = 0;
    {
      sb::Network<Net, T, sb::Cuda> network(
          sb::AnyCommunicator{}, std::make_unique<sb::Cuda>(precision, sb::Allocation::counted));
      const sb::Pass<T, sb::Cuda> pass(network, sb::Crown{}, capacity);
      predicted = network.backend().memory().total_peak();
    }
    sb::Network<Net, T, sb::Cuda> network(sb::AnyCommunicator{},
                                          std::make_unique<sb::Cuda>(precision));
    HostNetwork::random(network, 1).copy_to(network);
    sb::Pass<T, sb::Cuda> pass(network, sb::Crown{}, capacity);
    CHECK(network.backend().memory().total_peak() == predicted);
    std::mt19937 random(2);
    const std::vector<sb::InputSet> sets{random_box(random, 784, 0.01)};
    for (int run = 0; run < 3; ++run) pass.run(sets);
    CHECK(network.backend().memory().total_peak() == predicted);
    const double ratio =
        static_cast<double>(network.backend().driver_peak_bytes()) / static_cast<double>(predicted);
    CHECK(ratio >= 1.0);
    CHECK(ratio <= 1.05);
  }
}

TEST_CASE("more than there is") {
  if (no_gpu()) return;
  sb::Cuda cuda;
  const auto before = cuda.memory().total();
  CHECK_THROWS_WITH_AS(
      cuda.allocate(std::size_t{1} << 50, sb::Category::alpha),
      doctest::Contains("no memory on the GPU for 1125899906842624 bytes of alpha"),
      sb::OutOfMemory);
  CHECK(cuda.memory().total() == before);
}

TEST_CASE("no GPU is said in a sentence") {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess && count > 0) return;
  CHECK_THROWS_WITH_AS(sb::Cuda{}, doctest::Contains("there is no GPU to work on"),
                       sb::DeviceError);
}
