// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a file is that is not a network, by its first bytes: what downloads and archives leave behind
// under a network's name.

#include <shardbound/io/file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shardbound::inline v0::io {

/// "is a zip archive"; empty if it is nothing that is known.
inline std::string file_kind(const InputFile& file) {
  std::string start(static_cast<std::size_t>(std::min<std::int64_t>(file.size(), 512)), '\0');
  file.read(0, start.data(), static_cast<std::int64_t>(start.size()));
  const std::string_view all = start;
  if (all.starts_with("version https://git-lfs"))
    return "is a Git LFS pointer, not the file that it stands for. Fix: git lfs pull";
  if (all.starts_with(std::string_view("PK\x03\x04", 4)))
    return "is a zip archive. Fix: unpack it and name the network inside";
  if (all.size() >= 262 && all.substr(257, 5) == "ustar")
    return "is a tar archive. Fix: unpack it and name the network inside";
  if (all.starts_with("\x89HDF")) return "is an HDF5 file, not an ONNX model";
  const auto text = all.find_first_not_of(" \t\r\n");
  if (text == all.npos) return {};
  std::string word(all.substr(text, 14));
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (word.starts_with("<!doctype html") || word.starts_with("<html"))
    return "is an HTML page, as a download that went wrong leaves behind";
  if (word.starts_with('<')) return "is an XML text, not an ONNX model";
  if (word.starts_with('{') || word.starts_with('[')) return "is a JSON text, not an ONNX model";
  if (word.starts_with('(') || word.starts_with(';'))
    return "is a text, perhaps a property, not an ONNX model";
  return {};
}

}  // namespace shardbound::inline v0::io
