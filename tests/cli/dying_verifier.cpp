// SPDX-License-Identifier: BSD-3-Clause

// dying_verifier kill|throw <folder>: `verify` of the small network over MPI, where rank 1 dies in the
// middle of its collectives. The run must end, and there must be no result file; with `live` as the
// first word nobody dies, and there is one.

#include <shardbound/mpi.hpp>
#include <tests/support/run_cli.hpp>

#include <csignal>
#include <fstream>

using namespace shardbound;

namespace {

std::string how;

/// MPI's world, whose rank 1 fails in its fifth gather.
class Dying : public Mpi {
 public:
  explicit Dying(const Mpi& world) : Mpi(world) {}
  void all_gather(const void* mine, void* all, std::size_t bytes_each) {
    if (rank() == 1 && ++gathers_ == 5) {
      if (how == "kill") std::raise(SIGKILL);
      if (how == "throw") throw OutOfMemory("no memory for 8 bytes of coefficients");
    }
    Mpi::all_gather(mine, all, bytes_each);
  }
  Dying subgroup(int colour) { return Dying(Mpi::subgroup(colour)); }

 private:
  int gathers_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  how = argv[1];
  const std::string folder = argv[2], onnx = folder + "/small.onnx",
                    spec = folder + "/small.vnnlib", results = folder + "/result.txt";
  mpi::run([&](Mpi& world) {
    if (world.rank() == 0) {
      std::ofstream(onnx, std::ios::binary) << shardbound_test::small_onnx().bytes();
      std::ofstream(spec) << shardbound_test::small_vnnlib("4");
    }
    world.barrier();
  });
  const auto launch = [](const cli::RankBody& body) {
    mpi::run([&](Mpi& world) { body(Dying(world)); });
  };
  const std::vector<const char*> words = {"verifier", "verify",     "--onnx",    onnx.c_str(),
                                          "--vnnlib", spec.c_str(), "--results", results.c_str(),
                                          "--comm",   "mpi",        "--policy",  "fully-sharded"};
  return shardbound_units::run(
      static_cast<int>(words.size()), words.data(),
      {&shardbound_test::small_unit<float>, &shardbound_test::small_unit<double>},
      {"replicated", "fully-sharded"}, {{"mpi", launch}});
}
