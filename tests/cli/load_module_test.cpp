// SPDX-License-Identifier: BSD-3-Clause

// --device cuda: the module beside the program, and a sentence for everything that can be wrong with it.
// The modules here have units for the CPU, see stand_in_module.cpp.

#include <doctest/doctest.h>
#include <shardbound/cli/json_report.hpp>
#include <shardbound/cli/load_module.hpp>
#include <shardbound/cli/means.hpp>
#include <shardbound_front_end.hpp>
#include <tests/support/small_network.hpp>
#include <tests/support/temporary.hpp>

#include <cstdlib>
#include <fstream>

using namespace shardbound;
using namespace shardbound_test;

namespace {

/// Over [-1, 2] x [-1, 1], y_0 >= 4 does not occur.
constexpr const char* property_text =
    "(declare-const X_0 Real)\n(declare-const X_1 Real)\n(declare-const Y_0 Real)\n"
    "(declare-const Y_1 Real)\n(assert (>= X_0 -1))\n(assert (<= X_0 2))\n(assert (>= X_1 -1))\n"
    "(assert (<= X_1 1))\n(assert (>= Y_0 4))\n";

struct Run {
  int status;
  std::string out, err;
};

/// Two ranks as threads, which is what --comm mpi offers here.
const std::vector<cli::Launcher> launchers = {
    {"mpi", [](const cli::RankBody& body) { threads::run(2, [&](auto& world) { body(world); }); }}};

/// A verifier whose only units are the module's.
Run run_with(const std::string& module, std::vector<std::string> words) {
  words.insert(words.begin(), "verifier");
  words.insert(words.end(), {"--device", "cuda"});
  std::vector<const char*> argv;
  for (const auto& word : words) argv.push_back(word.c_str());
  std::ostringstream out, err;
  auto* const old_out = std::cout.rdbuf(out.rdbuf());
  auto* const old_err = std::cerr.rdbuf(err.rdbuf());
  const int status =
      shardbound_units::run(static_cast<int>(argv.size()), argv.data(), {},
                            {"replicated", "fully-sharded", "row-col"}, launchers, module);
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_err);
  return {status, out.str(), err.str()};
}

struct PretendGpu {
  PretendGpu() { setenv("SHARDBOUND_TEST_GPU", "1", 1); }
  ~PretendGpu() { unsetenv("SHARDBOUND_TEST_GPU"); }
};

struct Files {
  Temporary onnx{".onnx", small_onnx().bytes()}, property{".vnnlib", property_text},
      json{".json", ""};
  std::vector<std::string> with(std::string command, std::vector<std::string> words = {}) const {
    const std::vector<std::string> all = {std::move(command), "--onnx", onnx.name(), "--vnnlib",
                                          property.name(),    "--json", json.name()};
    words.insert(words.begin(), all.begin(), all.end());
    return words;
  }
  cli::Json report() const { return cli::Json::parse(std::ifstream(json.name())); }
};

}  // namespace

TEST_CASE("a module's units bound and verify, on one rank and on several") {
  const PretendGpu gpu;
  const Files files;
  for (const std::string ranks : {"1", "3"}) {
    const auto bounds = run_with("stand_in_module.so", files.with("bounds", {"--ranks", ranks}));
    REQUIRE_MESSAGE(bounds.status == 0, bounds.err);
    CHECK(files.report()["device"] == "cuda");
    CHECK(files.report()["device_name"] == "stand-in");
    CHECK(files.report()["precision"] == "native");
    CHECK(files.report()["comm"] == (ranks == "1" ? "self" : "threads"));
    CHECK(files.report()["boxes"][0]["intermediate"][0]["upper"] ==
          std::vector<double>{2, 1, 1, 1});
    const auto verify = run_with("stand_in_module.so", files.with("verify", {"--ranks", ranks}));
    CHECK(verify.out == "unsat\n");
  }
}

TEST_CASE("a prediction needs the module but no GPU, work needs both") {
  const Files files;
  const auto info = run_with("stand_in_module.so", {"info"});
  CHECK_MESSAGE(info.status == 0, info.err);
  CHECK(info.out.find("22 parameters") != info.out.npos);
  const auto bounds = run_with("stand_in_module.so", files.with("bounds"));
  CHECK(bounds.status == 2);
  CHECK(bounds.err == "error: CUDA: there is no GPU to work on\n");
}

TEST_CASE("exceptions keep their types on the way out of a module") {
  const cli::Module& module = cli::load_module("stand_in_module.so");
  CHECK_THROWS_AS(module.device(), DeviceError);
  OnnxWriter other;
  other.input("x", {1, 2}).output("y", {1, 2}).tensor("W", {2, 2}, {1, 0, 0, 1});
  other.node("MatMul", {"x", "W"}, {"y"});
  const Temporary onnx(".onnx", other.bytes());
  const cli::OpenModel open{io::read_onnx(onnx.name())};
  cli::Setting setting;
  setting.model = &open.model;
  setting.parameters = cli::Parameters::loaded;
  CHECK_THROWS_AS(module.float64().make(setting), FormatError);
  CHECK_THROWS_WITH_AS(module.threads(2, 0,
                                      [](AnyCommunicator communicator) {
                                        if (communicator.rank() == 1)
                                          throw ShapeError("3 is not 4");
                                        communicator.barrier();
                                      }),
                       "rank 1 stopped: 3 is not 4", CommError);
}

TEST_CASE("what is wrong with a module is a sentence") {
  const auto said = [](const std::string& module) {
    const auto run = run_with(module, {"info"});
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    return run.err;
  };
  const std::string folder = cli::program_folder().string();
  CHECK(
      said("") ==
      "error: this verifier was built without --device cuda. Fix: give shardbound_add_verifier the "
      "word CUDA\n");
  CHECK(said("acasxu_cuda.so") == "error: --device cuda: there is no " + folder +
                                      "/acasxu_cuda.so. Fix: build the target acasxu_cuda, or put "
                                      "the file beside this program\n");
  CHECK(said("no_module.so").find("no_module.so is no module of a verifier") != std::string::npos);
  const std::string old = said("old_module.so");
  CHECK(old.find("is of another build (shardbound 0.0.7, C++ 3)") != old.npos);
  CHECK(old.find(SHARDBOUND_VERSION) != old.npos);
  // A file that is no library: named relative to the program's folder.
  const Temporary text("text.so", "no library");
  const std::string unloadable = said(std::filesystem::relative(text.name(), folder).string());
  CHECK(unloadable.find("cannot be loaded") != unloadable.npos);
}

TEST_CASE("ranks with a GPU each, threads or processes, are connected by the module") {
  const PretendGpu gpu;
  const Files files;
  const auto alone = run_with("stand_in_module.so", files.with("bounds"));
  REQUIRE_MESSAGE(alone.status == 0, alone.err);
  const auto boxes = files.report()["boxes"];
  for (const std::string comm : {"nccl", "mpi"}) {
    const auto run = run_with(
        "stand_in_module.so",
        files.with("bounds", {"--ranks", "2", "--policy", "fully-sharded", "--comm", comm}));
    REQUIRE_MESSAGE(run.status == 0, run.err);
    CHECK(files.report()["comm"] == comm);
    CHECK(files.report()["ranks"] == 2);
    CHECK(files.report()["boxes"] == boxes);
  }
  const auto three =
      run_with("stand_in_module.so", files.with("verify", {"--ranks", "3", "--comm", "mpi"}));
  CHECK(three.status == 2);
  CHECK(three.err.find("start it with mpirun -n 3") != three.err.npos);
}

TEST_CASE("ranks cannot be connected by a module without NCCL, and say so") {
  cli::Module without = cli::load_module("stand_in_module.so");
  without.connect = nullptr;
  for (const std::string comm : {"nccl", "mpi"}) {
    cli::Options options;
    options.comm = comm;
    const std::string sentence =
        "this verifier was built without NCCL, which --device cuda --comm " + comm + " needs";
    CHECK_THROWS_WITH_AS(cli::launch(
                             options, launchers, [](AnyCommunicator) {}, &without),
                         sentence.c_str(), ArgumentError);
  }
}
