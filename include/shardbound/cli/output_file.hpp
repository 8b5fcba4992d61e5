// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Files that appear whole or not at all: written beside their place, then renamed.

#include <shardbound/core/errors.hpp>

#include <cstdio>
#include <fstream>
#include <string>

namespace shardbound::inline v0::cli {

/// Throws ArgumentError if `path` cannot be written.
inline void write_file(const std::string& path, const std::string& text) {
  const std::string unfinished = path + ".unfinished";
  std::ofstream out(unfinished, std::ios::binary);
  out << text;
  out.close();
  if (out && std::rename(unfinished.c_str(), path.c_str()) == 0) return;
  std::remove(unfinished.c_str());
  throw ArgumentError(path + ": cannot be written");
}

}  // namespace shardbound::inline v0::cli
