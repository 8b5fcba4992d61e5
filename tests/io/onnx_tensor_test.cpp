// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_numbers.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <memory>
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
  explicit Read(const WireWriter& proto)
      : file(std::make_shared<const InputFile>(InputFile::from_bytes(proto.str(), "f.onnx"))) {
    WireWindow window(*file);
    tensor = read_onnx_tensor(window, {0, file->size()});
    tensor.file = file;
  }
  std::shared_ptr<const InputFile> file;
  OnnxTensor tensor;
};

std::string refusal(const WireWriter& proto) {
  try {
    Read read(proto);
    if (is_float(read.tensor.type))
      read_numbers(read.tensor);
    else
      read_integers(read.tensor);
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
  CHECK(read_numbers(read.tensor) == std::vector<double>{1, 2, 3, 4, 5, 6.5});
}

TEST_CASE("float_data and double_data are located when packed and copied when scattered") {
  const Read whole(onnx_tensor("p", {3}, 1).bytes(4, packed<float>({1, 2, 3})));
  CHECK(whole.tensor.offset > 0);
  CHECK(read_numbers(whole.tensor) == std::vector<double>{1, 2, 3});
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
  CHECK(read_numbers(doubles.tensor) == std::vector<double>{0.1, 0.2});
  const Read each(onnx_tensor("e", {2}, 11).float64(10, 0.1).float64(10, 0.2));
  CHECK(each.tensor.numbers == std::vector<double>{0.1, 0.2});
}

TEST_CASE("integers come from raw data and from varints") {
  const Read raw(onnx_tensor("s", {2}, std::vector<std::int64_t>{-1, 784}));
  CHECK(read_integers(raw.tensor) == std::vector<std::int64_t>{-1, 784});
  const Read varints(onnx_tensor("s", {2}, 7).integer(7, -1).integer(7, 784));
  CHECK(read_integers(varints.tensor) == std::vector<std::int64_t>{-1, 784});
  const Read narrow(onnx_tensor("s", {2}, 6).bytes(9, packed<std::int32_t>({-3, 4})));
  CHECK(read_integers(narrow.tensor) == std::vector<std::int64_t>{-3, 4});
  const Read scalar(onnx_tensor("s", {}, 6).integer(5, 7));
  CHECK(read_integers(scalar.tensor) == std::vector<std::int64_t>{7});
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

TEST_CASE("what is kept elsewhere is located there, what is cut or of another type is refused") {
  const Read there(onnx_tensor("W", {1}, 1)
                       .integer(14, 1)
                       .message(13, WireWriter{}.bytes(1, "location").bytes(2, "W.data")));
  REQUIRE(there.tensor.external.has_value());
  CHECK(there.tensor.external->location == "W.data");
  CHECK(there.tensor.external->length == -1);
  CHECK(refusal(onnx_tensor("W", {1}, 1).bytes(3, "")).find("segments") != std::string::npos);
  CHECK(refusal(onnx_tensor("W", {1}, 14).bytes(9, std::string(8, 'x'))).find("complex64") !=
        std::string::npos);
  CHECK(onnx_type_name(OnnxType::float64) == "double");
}
