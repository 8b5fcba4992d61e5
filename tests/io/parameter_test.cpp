// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/parameter.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <string>
#include <tests/support/onnx_writer.hpp>
#include <utility>
#include <vector>

namespace {

using namespace shardbound;
using io::InputFile;
using io::ParameterSource;

using File = std::shared_ptr<const InputFile>;

File file_of(std::string bytes) {
  return std::make_shared<const InputFile>(InputFile::from_bytes(std::move(bytes), "f"));
}

ParameterSource source(File file, std::int64_t rows, std::int64_t columns, std::int64_t offset,
                       ParameterSource::Element element) {
  ParameterSource out;
  out.name = "W";
  out.rows = rows, out.columns = columns, out.offset = offset, out.element = element;
  out.file = std::move(file);
  return out;
}

}  // namespace

TEST_CASE("rows of float numbers arrive exactly, in float and in double") {
  std::vector<float> numbers;
  for (int i = 0; i < 30'000; ++i) numbers.push_back(0.1f * static_cast<float>(i));
  const auto file = file_of("abc" + shardbound_test::packed(numbers));
  const auto weight = source(file, 100, 300, 3, ParameterSource::Element::float32);
  std::vector<float> floats(300 * 2);
  io::read_parameter(weight, 98, 2, floats.data());
  CHECK(floats == std::vector<float>(numbers.end() - 600, numbers.end()));
  std::vector<double> doubles(30'000);
  io::read_parameter(weight, 0, 100, doubles.data());
  CHECK(doubles == std::vector<double>(numbers.begin(), numbers.end()));
  io::read_parameter(weight, 100, 0, doubles.data());
}

TEST_CASE("double numbers are rounded to float when float is asked for") {
  const auto file = file_of(shardbound_test::packed<double>({0.1, 1e300, -2}));
  const auto bias = source(file, 3, 1, 0, ParameterSource::Element::float64);
  float floats[3];
  io::read_parameter(bias, 0, 1, floats);
  CHECK(floats[0] == 0.1f);
  CHECK_THROWS_WITH_AS(io::read_parameter(bias, 0, 3, floats),
                       doctest::Contains("holds 1e+300, which is beyond float32"), FormatError);
  double last = 0;
  io::read_parameter(bias, 2, 1, &last);
  CHECK(last == -2);
}

TEST_CASE("a source without a file behind it gives its values") {
  auto made = source(nullptr, 2, 2, 0, ParameterSource::Element::float32);
  made.values = {1, 2, 3, 4};
  double row[2];
  io::read_parameter(made, 1, 1, row);
  CHECK(row[0] == 3);
  CHECK(row[1] == 4);
  made.values.pop_back();
  CHECK_THROWS_AS(io::read_parameter(made, 1, 1, row), ArgumentError);
}

TEST_CASE("rows outside the parameter and a file that is too short are refused") {
  const auto file = file_of(shardbound_test::packed<float>({1, 2, 3}));
  float out[8];
  const auto weight = source(file, 2, 2, 0, ParameterSource::Element::float32);
  CHECK_THROWS_AS(io::read_parameter(weight, -1, 1, out), ArgumentError);
  CHECK_THROWS_AS(io::read_parameter(weight, 1, 2, out), ArgumentError);
  CHECK_THROWS_AS(io::read_parameter(weight, 3, 0, out), ArgumentError);
  CHECK_THROWS_AS(io::read_parameter(weight, 0, std::numeric_limits<std::int64_t>::max(), out),
                  ArgumentError);
  CHECK_THROWS_AS(io::read_parameter(weight, 1, 1, out), FormatError);
}
