// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_numbers.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <tests/support/onnx_writer.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using io::OnnxTensor;
using Numbers = std::vector<double>;
using Integers = std::vector<std::int64_t>;

OnnxTensor read(const WireWriter& proto) {
  const auto file =
      std::make_shared<const io::InputFile>(io::InputFile::from_bytes(proto.str(), "f.onnx"));
  io::WireWindow window(*file);
  OnnxTensor tensor = io::read_onnx_tensor(window, {0, file->size()});
  tensor.file = file;
  return tensor;
}

template <class Number>
OnnxTensor raw(std::int64_t type, const std::vector<Number>& numbers) {
  return read(onnx_tensor("t", {static_cast<std::int64_t>(numbers.size())}, type)
                  .bytes(9, packed(numbers)));
}

OnnxTensor listed(std::int64_t type, std::int64_t number) {
  return read(onnx_tensor("t", {1}, type).integer(type == 13 || type == 12 ? 11 : 5, number));
}

}  // namespace

TEST_CASE("floats of sixteen bits are exact doubles") {
  using Bits = std::vector<std::uint16_t>;
  CHECK(io::read_numbers(raw(10, Bits{0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff, 0x8000})) ==
        Numbers{1, -2, 0x1p-24, 1023 * 0x1p-24, 65504, -0.0});
  const auto odd = io::read_numbers(raw(10, Bits{0x7c00, 0xfc00, 0x7e00}));
  CHECK(odd[0] == std::numeric_limits<double>::infinity());
  CHECK(odd[1] == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(odd[2]));
  CHECK(io::read_numbers(raw(16, Bits{0x3f80, 0xc040, 0x0001})) == Numbers{1, -3, 0x1p-133});
  CHECK(io::read_numbers(listed(10, 0x3e00)) == Numbers{1.5});
}

TEST_CASE("whole numbers of every width and sign") {
  CHECK(io::read_integers(raw<std::int8_t>(3, {-128, 127})) == Integers{-128, 127});
  CHECK(io::read_integers(raw<std::uint8_t>(2, {0, 255})) == Integers{0, 255});
  CHECK(io::read_integers(raw<std::uint8_t>(9, {0, 1})) == Integers{0, 1});
  CHECK(io::read_integers(raw<std::int16_t>(5, {-32768})) == Integers{-32768});
  CHECK(io::read_integers(raw<std::uint16_t>(4, {65535})) == Integers{65535});
  CHECK(io::read_integers(raw<std::uint32_t>(12, {4294967295u})) == Integers{4294967295});
  CHECK(io::read_integers(raw<std::uint64_t>(13, {5})) == Integers{5});
  CHECK(io::read_integers(listed(3, -128)) == Integers{-128});
  CHECK(io::read_integers(listed(13, 7)) == Integers{7});
}

TEST_CASE("numbers that are not of their type are refused by name") {
  CHECK_THROWS_WITH_AS(
      io::read_integers(raw<std::uint8_t>(9, {2})),
      "f.onnx: tensor 't' holds 2, which is not a number of type bool that is read "
      "here",
      FormatError);
  CHECK_THROWS_AS(io::read_integers(raw<std::uint64_t>(13, {~std::uint64_t{0}})), FormatError);
  CHECK_THROWS_WITH_AS(listed(3, 128),
                       "f.onnx: tensor 't' holds 128, which is not a number of type int8",
                       FormatError);
  CHECK_THROWS_AS(listed(10, 65536), FormatError);
  CHECK_THROWS_AS(io::read_numbers(listed(3, 1)), FormatError);
  CHECK_THROWS_AS(io::read_integers(raw<float>(1, {1})), FormatError);
}

TEST_CASE("approximations are exact unless a tensor says otherwise") {
  OnnxTensor tensor = raw<float>(1, {1, 2});
  CHECK(io::read_approximations(tensor)[1].value == 2);
  CHECK(io::read_approximations(tensor)[1].error == 0);
  tensor.errors = {0, 0.5};
  CHECK(io::read_approximations(tensor)[1].error == 0.5);
}
