// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_tensor.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <tests/support/onnx_writer.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound::io;
using shardbound_test::onnx_tensor;
using shardbound_test::packed;
using shardbound_test::WireWriter;

struct Read {
  explicit Read(const WireWriter& proto) : file(InputFile::from_bytes(proto.str(), "f.onnx")) {
    WireWindow window(file);
    tensor = read_onnx_tensor(window, {0, file.size()});
  }
  InputFile file;
  OnnxTensor tensor;
};

std::string refusal(const WireWriter& proto) {
  try {
    Read read(proto);
    if (is_float(read.tensor.type))
      read_numbers(read.file, read.tensor);
    else
      read_integers(read.file, read.tensor);
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("raw data stays in the file") {
  const Read read(onnx_tensor("W", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6.5f}));
  CHECK(read.tensor.name == "W");
  CHECK(read.tensor.elements == 6);
  CHECK(read.tensor.shape == std::vector<std::int64_t>{2, 3});
  CHECK(read.tensor.offset > 0);
  CHECK(read.tensor.numbers.empty());
  CHECK(read_numbers(read.file, read.tensor) == std::vector<double>{1, 2, 3, 4, 5, 6.5});
}

TEST_CASE("float_data and double_data are located when packed and copied when scattered") {
  const Read whole(onnx_tensor("p", {3}, 1).bytes(4, packed<float>({1, 2, 3})));
  CHECK(whole.tensor.offset > 0);
  CHECK(read_numbers(whole.file, whole.tensor) == std::vector<double>{1, 2, 3});
  const Read scattered(onnx_tensor("u", {3}, 1).float32(4, 1).float32(4, 2).float32(4, 3));
  CHECK(scattered.tensor.offset == -1);
  CHECK(scattered.tensor.numbers == std::vector<double>{1, 2, 3});
  const Read pieces(onnx_tensor("m", {5}, 1)
                        .bytes(4, packed<float>({1, 2}))
                        .float32(4, 3)
                        .bytes(4, packed<float>({4, 5})));
  CHECK(pieces.tensor.numbers == std::vector<double>{1, 2, 3, 4, 5});
  const Read doubles(onnx_tensor("d", {2}, 11).bytes(10, packed<double>({0.1, 0.2})));
  CHECK(doubles.tensor.offset > 0);
  CHECK(read_numbers(doubles.file, doubles.tensor) == std::vector<double>{0.1, 0.2});
  const Read each(onnx_tensor("e", {2}, 11).float64(10, 0.1).float64(10, 0.2));
  CHECK(each.tensor.numbers == std::vector<double>{0.1, 0.2});
}

TEST_CASE("integers come from raw data and from varints") {
  const Read raw(onnx_tensor("s", {2}, std::vector<std::int64_t>{-1, 784}));
  CHECK(read_integers(raw.file, raw.tensor) == std::vector<std::int64_t>{-1, 784});
  const Read varints(onnx_tensor("s", {2}, 7).integer(7, -1).integer(7, 784));
  CHECK(read_integers(varints.file, varints.tensor) == std::vector<std::int64_t>{-1, 784});
  const Read narrow(onnx_tensor("s", {2}, 6).bytes(9, packed<std::int32_t>({-3, 4})));
  CHECK(read_integers(narrow.file, narrow.tensor) == std::vector<std::int64_t>{-3, 4});
  const Read scalar(onnx_tensor("s", {}, 6).integer(5, 7));
  CHECK(read_integers(scalar.file, scalar.tensor) == std::vector<std::int64_t>{7});
}

TEST_CASE("numbers and shape must agree") {
  CHECK(refusal(onnx_tensor("W", {2, 2}, 1).bytes(9, std::string(12, 'x'))) ==
        "f.onnx: tensor 'W' has 12 bytes of data where its shape wants 4 numbers of 4 bytes");
  CHECK(refusal(onnx_tensor("W", {2}, 11).bytes(9, std::string(15, 'x'))).find("15 bytes") !=
        std::string::npos);
  const std::string missing = "f.onnx: tensor 'W' does not hold the 3 numbers that its shape wants";
  CHECK(refusal(onnx_tensor("W", {3}, 1)) == missing);
  CHECK(refusal(onnx_tensor("W", {3}, 1).bytes(4, packed<float>({1, 2}))) == missing);
  CHECK(refusal(onnx_tensor("W", {3}, 1).bytes(4, std::string(13, 'x'))) == missing);
  CHECK(refusal(onnx_tensor("W", {3}, 7).integer(7, 1)) == missing);
  CHECK(refusal(onnx_tensor("W", {3}, 1).float32(4, 1)) == missing);
}

TEST_CASE("absurd shapes are refused before anything is allocated") {
  CHECK(refusal(onnx_tensor("W", {-2, 3}, 1)) == "f.onnx: tensor 'W' has a negative extent, -2");
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(refusal(onnx_tensor("W", {most, most}, 1)) ==
        "f.onnx: tensor 'W' has more than 2^60 elements");
  CHECK(refusal(onnx_tensor("W", {0, most, most}, 1)) ==
        "f.onnx: tensor 'W' has more than 2^60 elements");
  CHECK_FALSE(refusal(onnx_tensor("W", {std::int64_t{1} << 40}, 1)).empty());
  CHECK(refusal(onnx_tensor("W", std::vector<std::int64_t>(65, 1), 1)).find("64 axes") !=
        std::string::npos);
}

TEST_CASE("what is kept elsewhere or in another type is refused") {
  CHECK(
      refusal(onnx_tensor("W", {1}, 1).bytes(13, "location").integer(14, 1)).find("another file") !=
      std::string::npos);
  CHECK(refusal(onnx_tensor("W", {1}, 1).bytes(3, "")).find("segments") != std::string::npos);
  CHECK(refusal(onnx_tensor("W", {1}, 10).bytes(9, "ab")).find("type float16") !=
        std::string::npos);
  const Read half(onnx_tensor("W", {1}, 10).bytes(9, "ab"));
  CHECK_THROWS_AS(read_numbers(half.file, half.tensor), FormatError);
  const Read many(onnx_tensor("s", {65}, std::vector<std::int64_t>(65)));
  CHECK_THROWS_AS(read_integers(many.file, many.tensor), FormatError);
  CHECK(onnx_type_name(OnnxType::float64) == "double");
}
