// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Which file each tensor of an ONNX model has its numbers in: the model's own, or one beside it. A model
// names such files relative to its folder and may not lead out of it.

#include <shardbound/io/onnx_graph.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace shardbound::inline v0::io {

namespace detail {

class OnnxFiles {
 public:
  explicit OnnxFiles(std::shared_ptr<const InputFile> model) : model_(std::move(model)) {}

  void attach(OnnxTensor& tensor) {
    if (!tensor.external) {
      tensor.file = model_;
      return;
    }
    const OnnxExternal where = *std::exchange(tensor.external, std::nullopt);
    const auto fail = [&](const std::string& sentence) {
      throw format_error(model_->name(), "tensor '" + tensor.name + "' " + sentence);
    };
    const std::int64_t each = element_bytes(tensor.type);
    if (tensor.elements > std::numeric_limits<std::int64_t>::max() / each)
      fail("has more elements than any file holds");
    const std::int64_t bytes = tensor.elements * each;
    if (where.length >= 0 && where.length != bytes)
      fail("has " + std::to_string(where.length) +
           " bytes of external data where its shape wants " + std::to_string(bytes));
    if (!stays_below(where.location))
      fail("keeps its numbers in '" + where.location +
           "'; only files in the model's folder, or below it, are read");
    tensor.file = beside(where.location, fail);
    const std::int64_t size = tensor.file->size();
    if (where.offset > size || bytes > size - where.offset)
      fail("has its " + std::to_string(bytes) + " bytes of external data at byte " +
           std::to_string(where.offset) + " of " + tensor.file->name() + ", which has " +
           std::to_string(size) + " bytes");
    tensor.offset = where.offset;
  }

 private:
  // A path of names alone: not absolute, no "..", nothing that the system reads in another way.
  static bool stays_below(std::string_view path) {
    if (path.empty() || path.front() == '/' || path.back() == '/') return false;
    if (path.find('\0') != path.npos || path.find('\\') != path.npos) return false;
    for (std::string_view rest = path; !rest.empty();) {
      const auto end = rest.find('/');
      if (rest.substr(0, end) == "..") return false;
      rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    }
    return true;
  }

  template <class Fail>
  std::shared_ptr<const InputFile> beside(const std::string& location, Fail fail) {
    auto& file = open_[location];
    if (file) return file;
    const auto folder = model_->name().find_last_of('/');
    const std::string path =
        (folder == std::string::npos ? "" : model_->name().substr(0, folder + 1)) + location;
    try {
      file = std::make_shared<const InputFile>(InputFile::as_stored(path));
    } catch (const FormatError& error) {
      fail(std::string("keeps its numbers in another file: ") + error.what());
    }
    return file;
  }

  std::shared_ptr<const InputFile> model_;
  std::map<std::string, std::shared_ptr<const InputFile>> open_;
};

}  // namespace detail

/// Sets the file of every tensor of a graph that was read from `model`, opening those beside it. Throws
/// FormatError naming both files and the tensor.
inline void attach_files(OnnxGraph& graph, const std::shared_ptr<const InputFile>& model) {
  detail::OnnxFiles files(model);
  for (OnnxTensor& tensor : graph.initializers) files.attach(tensor);
  for (OnnxNode& node : graph.nodes)
    for (OnnxAttribute& attribute : node.attributes)
      if (attribute.kind == OnnxAttribute::Kind::tensor) files.attach(attribute.tensor);
}

}  // namespace shardbound::inline v0::io
