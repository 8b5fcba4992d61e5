// SPDX-License-Identifier: BSD-3-Clause

// --ranks, --comm and --policy: every way to start ranks gives the same report, and what cannot be
// started is a sentence.

#include <doctest/doctest.h>

#include <shardbound/cli/json_report.hpp>
#include <tests/support/run_cli.hpp>
#include <tests/support/temporary.hpp>

#include <fstream>
#include <iterator>

using namespace shardbound_test;
using shardbound::cli::Json;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Files {
  Temporary onnx{".onnx", small_onnx().bytes()}, property{".vnnlib", small_vnnlib("4")},
      json{".json", ""};

  CliResult run(std::vector<std::string> words) const {
    const std::vector<std::string> all = {"--onnx",        onnx.name(), "--vnnlib",
                                          property.name(), "--json",    json.name()};
    words.insert(words.begin() + 1, all.begin(), all.end());
    return run_cli(words);
  }
  Json report(const std::vector<std::string>& words) const {
    const auto result = run(words);
    CHECK_MESSAGE(result.status == 0, result.err);
    return Json::parse(text_of(json.name()));
  }
};

}  // namespace

TEST_CASE("ranks do not show in the bounds, only in the report") {
  const Files files;
  const Json alone = files.report({"bounds"});
  CHECK(alone["comm"] == "self");
  CHECK(alone["memory"].size() == 1);
  CHECK(alone["bytes_received"] == 0);
  for (const std::string policy : {"replicated", "fully-sharded", "row-col"})
    for (const std::string ranks : {"2", "3", "8"}) {
      CAPTURE(policy);
      CAPTURE(ranks);
      const Json report = files.report({"bounds", "--ranks", ranks, "--policy", policy});
      if (policy != "row-col") {
        CHECK(report["boxes"] == alone["boxes"]);
      } else {  // sums over ranks have a slack of their own
        const auto lower = [](const Json& of) { return of["boxes"][0]["spec"]["lower"][0]; };
        CHECK(lower(report).get<double>() ==
              doctest::Approx(lower(alone).get<double>()).epsilon(1e-14));
      }
      CHECK(report["comm"] == "threads");
      CHECK(report["ranks"] == std::stoi(ranks));
      CHECK(report["policy"] == policy);
      CHECK(report["memory"].size() == std::stoul(ranks));
      CHECK(report["memory"][1]["rank"] == 1);
      CHECK(report["bytes_received"] > 0);
    }
}

TEST_CASE("several ranks verify") {
  const Files files;
  for (const std::string policy : {"replicated", "fully-sharded", "row-col"}) {
    const auto result =
        files.run({"verify", "--ranks", "3", "--policy", policy, "--timeout", "60"});
    CHECK(result.status == 0);
    CHECK(result.out == "unsat\n");
  }
  const Temporary reachable(".vnnlib", small_vnnlib("1"));
  const auto sat = run_cli({"verify", "--onnx", files.onnx.name(), "--vnnlib", reachable.name(),
                            "--ranks", "2", "--policy", "row-col"});
  CHECK(sat.out.starts_with("sat\n"));
}

TEST_CASE("info predicts what bounds then takes") {
  const Files files;
  for (const std::string policy : {"replicated", "fully-sharded", "row-col"}) {
    const Temporary json(".json", "");
    // A property of one row; info assumes one for each output, so give it as many here.
    const auto info = run_cli({"info", "--ranks", "3", "--policy", policy, "--json", json.name()});
    CHECK_MESSAGE(info.status == 0, info.err);
    CHECK(info.out.find("each of 3 ranks") != info.out.npos);
    const Json predicted = Json::parse(text_of(json.name()));
    const Json report = files.report({"bounds", "--ranks", "3", "--policy", policy});
    for (int rank = 0; rank < 3; ++rank) {
      const auto peak = [&](const Json& from) {
        return from["memory"][rank]["peak"].get<double>();
      };
      CHECK(peak(predicted) == doctest::Approx(peak(report)).epsilon(0.05));
      CHECK(predicted["memory"][rank]["at_rest"] == report["memory"][rank]["at_rest"]);
    }
    CHECK(predicted["bytes_received"] > 0);
  }
}

TEST_CASE("a launcher is asked for ranks by its name") {
  using namespace shardbound;
  const auto two = [](const cli::RankBody& body) {
    threads::run(2, [&](Threads& communicator) { body(communicator); });
  };
  const Files files;
  cli::Options options;
  options.comm = "mpi";
  options.onnx = files.onnx.name();
  options.vnnlib = files.property.name();
  std::atomic<int> ran = 0;
  const auto count = [&](AnyCommunicator communicator) {
    CHECK(communicator.size() == 2);
    ++ran;
  };
  cli::launch(options, {{"mpi", two}}, count);
  CHECK(ran == 2);
  CHECK_THROWS_WITH_AS(cli::launch(options, {}, count),
                       "this verifier was built without --comm mpi", ArgumentError);
  options.ranks = 3;
  options.ranks_given = true;
  CHECK_THROWS_WITH_AS(cli::launch(options, {{"mpi", two}}, count),
                       "--ranks 3 with --comm mpi, which has started 2; start it with mpirun -n 3",
                       ArgumentError);
}

TEST_CASE("ranks that were not given the same are told so") {
  using namespace shardbound;
  const Files files;
  const Temporary other(".vnnlib", small_vnnlib("5"));
  cli::Options options;
  options.onnx = files.onnx.name();
  options.vnnlib = files.property.name();
  const auto told = [&](const std::function<void(cli::Options&)>& change) {
    std::array<std::string, 3> sentences;
    threads::run(3, [&](Threads& communicator) {
      cli::Options mine = options;
      if (communicator.rank() == 2) change(mine);
      try {
        cli::check_alike(communicator, mine);
      } catch (const ArgumentError& error) {
        sentences[static_cast<std::size_t>(communicator.rank())] = error.what();
      }
    });
    CHECK(sentences[0] == sentences[1]);
    CHECK(sentences[0] == sentences[2]);
    return sentences[0];
  };
  CHECK(told([](cli::Options&) {}).empty());
  CHECK(told([](cli::Options& mine) { mine.threads = 7; }).empty());  // each its own
  CHECK(told([](cli::Options& mine) { mine.wave = 16; }) ==
        "rank 2 was started with other options than rank 0; all processes must be given the same");
  CHECK(told([](cli::Options& mine) { mine.policy = "row-col"; }).find("other options") !=
        std::string::npos);
  CHECK(told([](cli::Options& mine) { mine.precision = "tf32x3"; }).find("other options") !=
        std::string::npos);
  CHECK(told([&](cli::Options& mine) { mine.vnnlib = other.name(); }).find("--vnnlib") !=
        std::string::npos);
  CHECK(told([&](cli::Options& mine) { mine.onnx = other.name(); }).find("--onnx") !=
        std::string::npos);
}

TEST_CASE("parameters beside the network's file are looked at as well") {
  using namespace shardbound;
  const Files files;
  const Temporary here("weights.bin", "1234"), there("weights.bin", "1235");
  cli::Options options;
  options.onnx = files.onnx.name();
  options.vnnlib = files.property.name();
  const auto told = [&](const Temporary& of_rank_one) {
    std::array<std::string, 2> sentences;
    threads::run(2, [&](Threads& communicator) {
      const auto rank = static_cast<std::size_t>(communicator.rank());
      const Temporary& file = rank == 1 ? of_rank_one : here;
      io::Model model;
      model.graph.layers.resize(2);
      model.graph.layers[1].step.weight.file = std::make_shared<const io::InputFile>(file.name());
      try {
        cli::check_alike(communicator, options, &model);
      } catch (const ArgumentError& error) {
        sentences[rank] = error.what();
      }
    });
    CHECK(sentences[0] == sentences[1]);
    return sentences[0];
  };
  CHECK(told(here).empty());
  CHECK(told(there).find("other parameters beside the network") != std::string::npos);
}

TEST_CASE("what cannot be started is said in a sentence") {
  const Files files;
  const auto refused = [&](std::vector<std::string> words) {
    const auto result = files.run(words);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(refused({"bounds", "--comm", "mpi"}) ==
        "error: this verifier was built without --comm mpi\n");
  const auto info = run_cli({"info", "--comm", "mpi"});
  CHECK(info.err == "error: info takes no --comm, bounds does (see info --help)\n");
  CHECK(refused({"bounds", "--comm", "nccl"}).find("--comm nccl connects GPUs") !=
        std::string::npos);
  CHECK(refused({"bounds", "--device", "cuda"}).find("built without --device cuda") !=
        std::string::npos);
  CHECK(refused({"bounds", "--ranks", "0"}).find("--ranks") != std::string::npos);
  CHECK(refused({"bounds", "--policy", "col-row"}).find("--policy") != std::string::npos);
}
