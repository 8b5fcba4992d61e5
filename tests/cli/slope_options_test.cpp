// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/options.hpp>

#include <set>

using namespace shardbound;
using cli::SlopeOptions;

namespace {

cli::Options parse(std::vector<const char*> words) {
  words.insert(words.begin(), "verifier");
  return cli::parse(static_cast<int>(words.size()), words.data(),
                    {{"replicated"}, {}, cli::Offer::Gpu::none});
}
std::string refusal(std::vector<const char*> words) {
  try {
    parse(words);
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "";
}
cli::Options verify(std::vector<const char*> more) {
  more.insert(more.begin(), {"verify", "--onnx", "a", "--vnnlib", "b"});
  return parse(more);
}
std::string refused(const char* command, std::vector<const char*> more) {
  more.insert(more.begin(), {command, "--onnx", "a", "--vnnlib", "b"});
  return refusal(more);
}

}  // namespace

TEST_CASE("what is not said is as the library has it") {
  const Optimisation ours = cli::optimisation_of({}), library{};
  CHECK(ours.iterations == 20);
  CHECK(ours.of == library.of);
  CHECK(ours.learning_rate == library.learning_rate);
  CHECK(ours.decay == library.decay);
  CHECK(ours.patience == library.patience);
  CHECK(ours.seconds == 0);
  CHECK(ours.storage == SlopeStorage::exact);
}

TEST_CASE("every word arrives") {
  const cli::Options o =
      verify({"--iterations", "7", "--lr", "0.25", "--lr-decay", "1", "--patience", "0",
              "--fixed-intermediate", "--slope-storage", "bfloat16"});
  const Optimisation slopes = cli::method_of(o).optimisation;
  CHECK(slopes.iterations == 7);
  CHECK(slopes.learning_rate == 0.25);
  CHECK(slopes.decay == 1);
  CHECK(slopes.patience == 0);
  CHECK(slopes.of == Optimisation::Of::last_rows);
  CHECK(slopes.storage == SlopeStorage::bfloat16);
  CHECK(cli::method_of(verify({"--method", "alpha-crown"})).optimisation.of ==
        Optimisation::Of::all_rows);
  const cli::Options proved = parse(
      {"bounds", "--onnx", "a", "--vnnlib", "b", "--method", "alpha-crown", "--prove", "float64"});
  CHECK(proved.slopes.prove == "float64");
  CHECK(o.slopes.prove.empty());
}

TEST_CASE("ranks compare all that there is to say") {
  std::set<std::string> words{cli::words_of({})};
  const auto differs = [&](const auto& change) {
    SlopeOptions o;
    change(o);
    CHECK(words.insert(cli::words_of(o)).second);
  };
  differs([](SlopeOptions& o) { o.iterations = 21; });
  differs([](SlopeOptions& o) { o.patience = 11; });
  differs([](SlopeOptions& o) { o.learning_rate = 0.1000000001; });
  differs([](SlopeOptions& o) { o.decay = 0.99; });
  differs([](SlopeOptions& o) { o.fixed_intermediate = true; });
  differs([](SlopeOptions& o) { o.storage = "bfloat16"; });
  differs([](SlopeOptions& o) { o.prove = "native"; });
  differs([](SlopeOptions& o) { o.prove = "float64"; });
}

TEST_CASE("numbers that would mean nothing are refused") {
  CHECK(refused("verify", {"--iterations", "0"}) ==
        "--iterations: '0' is no whole number from 1 to 1000000 (see verify --help)");
  CHECK(refused("verify", {"--patience", "-1"}) ==
        "--patience: '-1' is no whole number from 0 to 1000000 (see verify --help)");
  for (const char* rate : {"-1", "0", "nan", "quick"})
    for (const char* option : {"--lr", "--lr-decay"})
      CHECK(refused("verify", {option, rate}) ==
            std::string(option) + ": '" + rate + "' is no number above 0 (see verify --help)");
  CHECK(refused("verify", {"--slope-storage", "float16"})
            .find("--slope-storage: there is no 'float16', only exact and bfloat16") == 0);
  CHECK(refused("bounds", {"--prove", "twice"})
            .find("--prove: there is no 'twice', only native and float64") == 0);
}

TEST_CASE("words of slopes are refused where there are none") {
  const std::vector<std::vector<const char*>> all = {
      {"--iterations", "3"}, {"--lr", "0.1"},          {"--lr-decay", "1"},
      {"--patience", "3"},   {"--fixed-intermediate"}, {"--slope-storage", "exact"}};
  const auto sentence = [](const char* option) {
    return std::string(option) +
           " is for --method alpha-crown. Fix: leave it away, or give that method";
  };
  for (const auto& words : all) {
    auto crown = words;
    crown.insert(crown.begin(), {"--method", "crown"});
    CHECK(refused("verify", crown) == sentence(words[0]));
    CHECK(refused("verify", words).empty());                // whose method has slopes unasked
    CHECK(refused("bounds", words) == sentence(words[0]));  // and whose has not
    crown[1] = "alpha-crown";
    CHECK(refused("bounds", crown).empty());
  }
  CHECK(refused("bounds", {"--prove", "native"}) == sentence("--prove"));
  CHECK(refusal({"info", "--iterations", "3"}) == sentence("--iterations"));
  CHECK(refusal({"info", "--iterations", "3", "--method", "alpha-crown"}).empty());
}
