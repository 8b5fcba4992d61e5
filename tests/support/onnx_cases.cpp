// SPDX-License-Identifier: BSD-3-Clause

#include <tests/support/onnx_cases.hpp>

namespace shardbound_test {

namespace io = shardbound::io;

io::Model model_of(const OnnxWriter& net, const io::Wanted& wanted) {
  return io::read_onnx(io::InputFile::from_bytes(net.bytes(), "net.onnx"), wanted);
}

std::vector<double> value_of(const OnnxWriter& net, const std::vector<double>& point) {
  return value(model_of(net), point);
}

std::string refusal(const std::string& bytes, const io::Wanted& wanted) {
  try {
    io::read_onnx(io::InputFile::from_bytes(bytes, "net.onnx"), wanted);
  } catch (const shardbound::FormatError& error) {
    return error.what();
  }
  return {};
}

}  // namespace shardbound_test
