// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_external.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <tests/support/temporary.hpp>
#include <utility>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;

// "W", of this many floats, kept elsewhere.
WireWriter elsewhere(const std::vector<std::pair<std::string, std::string>>& said,
                     std::int64_t type = 1) {
  auto tensor = onnx_tensor("W", {2, 1}, type).integer(14, 1);
  for (const auto& [key, text] : said)
    tensor.message(13, WireWriter{}.bytes(1, key).bytes(2, text));
  return tensor;
}

OnnxWriter network_with(const WireWriter& tensor) {
  auto net = network({1, 2});
  return net.tensor(tensor).node("MatMul", {"x", "W"}, {"y"});
}

std::string base_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::string refusal_of(const WireWriter& tensor) {
  const Temporary path(".onnx", network_with(tensor).bytes());
  try {
    io::read_onnx(path.name());
  } catch (const FormatError& error) {
    CHECK(std::string(error.what()).starts_with(path.name() + ": "));
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("numbers are read from the file beside the model, even if they look like gzip") {
  const Temporary data(".data", std::string("\x1f\x8b\x08\0", 4) + packed<float>({2, 3}));
  const auto tensor = elsewhere({{"location", base_name(data.name())},
                                 {"offset", "4"},
                                 {"length", "8"},
                                 {"checksum", "not looked at"}});
  const Temporary path(".onnx", network_with(tensor).bytes());
  const auto model = io::read_onnx(path.name());
  CHECK(value(model, {1, 10}) == std::vector<double>{32});
  const auto& weight = model.graph.layers.at(1).step.weight;
  CHECK(weight.file->name() == data.name());
  CHECK(weight.offset == 4);
}

TEST_CASE("what a Constant node holds may lie there too, and other types") {
  const Temporary data(".data", packed<double>({0.1, 0.2}));
  auto net = network({1, 2});
  net.node("Constant", {}, {"W"},
           {onnx_constant("value", elsewhere({{"location", base_name(data.name())}}, 11))});
  net.node("MatMul", {"x", "W"}, {"y"});
  const Temporary path(".onnx", net.bytes());
  CHECK(value(io::read_onnx(path.name()), {1, 0}) == std::vector<double>{0.1});
}

TEST_CASE("files outside the model's folder are not opened") {
  for (const char* location :
       {"", "/etc/passwd", "../W.data", "a/../../W.data", "a/..", "..", "a/", "a\\b"})
    CHECK(
        contains(refusal_of(elsewhere({{"location", location}})),
                 "'" + std::string(location) + "'; only files in the model's folder, or below it"));
  CHECK(contains(refusal_of(elsewhere({{"location", std::string("W\0x", 3)}})), "'W?x'; only"));
}

TEST_CASE("a file that is not there, or too short, is named with the model's") {
  const std::string missing = refusal_of(elsewhere({{"location", "no_such.data"}}));
  CHECK(contains(missing, "tensor 'W' keeps its numbers in another file: "));
  CHECK(contains(missing, "no_such.data: cannot be opened"));
  const Temporary data(".data", packed<float>({2, 3}));
  const std::string name = base_name(data.name());
  CHECK(contains(refusal_of(elsewhere({{"location", name}, {"offset", "4"}})),
                 "tensor 'W' has its 8 bytes of external data at byte 4 of " + data.name() +
                     ", which has 8 bytes"));
  CHECK(contains(refusal_of(elsewhere({{"location", name}, {"offset", "9223372036854775807"}})),
                 "at byte 9223372036854775807"));
  CHECK(contains(refusal_of(elsewhere({{"location", name}, {"length", "7"}})),
                 "has 7 bytes of external data where its shape wants 8"));
  for (const char* number : {"-1", "4 ", "x", "", "99999999999999999999"})
    CHECK(contains(refusal_of(elsewhere({{"location", name}, {"offset", number}})),
                   "which is not a number of bytes"));
}

TEST_CASE("numbers in two places are refused") {
  CHECK(contains(refusal_of(elsewhere({{"location", "a"}}).bytes(9, packed<float>({1, 2}))),
                 "both in this file and in another one"));
}
