// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/options.hpp>

using namespace shardbound;
using cli::Options;

namespace {

Options parse(std::vector<const char*> words) {
  words.insert(words.begin(), "verifier");
  return cli::parse(static_cast<int>(words.size()), words.data(), {"replicated", "fully-sharded"});
}
std::string refusal(std::vector<const char*> words) {
  try {
    parse(words);
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("defaults are what a first user wants") {
  const Options o = parse({"bounds", "--onnx", "a", "--vnnlib", "b"});
  CHECK(o.command == "bounds");
  CHECK(o.scalar == "float64");
  CHECK(o.policy == "replicated");
  CHECK(cli::method_of(o).intermediates == Intermediates::tightened);
  CHECK(cli::method_of(o).descent == Descent::input);
}

TEST_CASE("methods by name") {
  const auto method = [](const char* name, const char* intermediate) {
    return cli::method_of(parse({"verify", "--onnx", "a", "--vnnlib", "b", "--method", name,
                                 "--intermediate", intermediate}));
  };
  CHECK(method("ibp", "default").descent == Descent::one_product);
  CHECK(method("crown-ibp", "default").intermediates == Intermediates::interval);
  CHECK(method("crown", "textbook").intermediates == Intermediates::textbook);
}

TEST_CASE("what does not exist yet is refused by name") {
  const auto with = [](const char* option, const char* value) {
    return refusal({"verify", "--onnx", "a", "--vnnlib", "b", option, value});
  };
  CHECK(with("--method", "alpha-crown").find("--method alpha-crown") == 0);
  CHECK(with("--policy", "row-col") == "this verifier was built without --policy row-col");
  CHECK(with("--policy", "fully-sharded").empty());
}

TEST_CASE("words of the other device are refused with what to do") {
  const auto with = [](std::vector<const char*> words) {
    words.insert(words.begin(), {"bounds", "--onnx", "a", "--vnnlib", "b"});
    return refusal(words);
  };
  CHECK(with({"--device", "cuda"}).empty());
  CHECK(with({"--device", "cuda", "--comm", "nccl"}).empty());
  CHECK(with({"--device", "cuda", "--comm", "mpi"}).empty());
  CHECK(with({"--device", "cuda", "--precision", "tf32x3", "--scalar", "float32"}).empty());
  CHECK(with({"--precision", "native", "--threads", "2"}).empty());
  CHECK(with({"--comm", "nccl"}) ==
        "--comm nccl connects GPUs. Fix: give --device cuda too, or --comm threads");
  CHECK(with({"--precision", "tf32x3", "--scalar", "float32"}) ==
        "--precision tf32x3 is for GPUs. Fix: give --device cuda too");
  CHECK(with({"--device", "cuda", "--precision", "tf32x3"}) ==
        "--precision tf32x3 multiplies float32. Fix: give --scalar float32");
  CHECK(with({"--device", "cuda", "--threads", "2"}) ==
        "--threads is for the CPU. Fix: leave it away with --device cuda");
}

TEST_CASE("a wrong word is one sentence") {
  for (const auto& text :
       {refusal({"prove"}), refusal({}), refusal({"verify", "--onnx", "a"}),
        refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "--scalar", "float16"}),
        refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "--wave", "-3"}),
        refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "--precision", "bf16"})}) {
    CHECK_FALSE(text.empty());
    CHECK(text.find('\n') == text.npos);
  }
}
