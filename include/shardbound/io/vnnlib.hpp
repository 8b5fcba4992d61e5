// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Property files: VNN-LIB 1.0, which asks about the outputs of one network, and 2.0, which names networks and their
// tensors.

#include <shardbound/io/file.hpp>
#include <shardbound/io/query.hpp>
#include <shardbound/io/vnnlib2_text.hpp>
#include <shardbound/io/vnnlib_property.hpp>
#include <shardbound/io/vnnlib_text.hpp>
#include <shardbound/spec/property.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace shardbound::inline v0::vnnlib {

/// The property that a text of version 1.0 describes; `file` opens every message.
inline Property read_text(std::string_view text, const std::string& file) {
  return property_of(parse(text, file), file);
}

/// The query that a text of either version describes.
inline Query read_query_text(std::string_view text, const std::string& file) {
  Query query;
  if (is_version_two(text)) {
    ParsedQuery parsed = parse_query(text, file);
    query.version = Query::Version::two;
    query.networks = std::move(parsed.networks);
    query.property = property_of(parsed.formula, file);
    return query;
  }
  query.property = read_text(text, file);
  QueryNetwork network;
  network.inputs = {{"X", "real", {query.property.inputs}}};
  network.outputs = {{"Y", "real", {query.property.network_outputs()}}};
  query.networks = {std::move(network)};
  return query;
}

namespace detail {

inline std::string text_of(const std::string& path) {
  constexpr std::int64_t limit = std::int64_t{1} << 30;
  const io::InputFile file(path, limit);
  if (file.size() == 0) throw FormatError(path + ": is empty; this is not a VNNLIB property");
  return file.read_all(limit);
}

}  // namespace detail

/// Reads a file of version 1.0, compressed or not. Regions, conjunctions and rows come in file order; rows are
/// e_a - e_b <= 0 for Y_a <= Y_b, e_a <= c for Y_a <= c, -e_a <= -c for Y_a >= c. Throws FormatError
/// "FILE:LINE: ..." for whatever is damaged or not understood.
inline Property read(const std::string& path) { return read_text(detail::text_of(path), path); }

/// Reads a file of either version.
inline Query read_query(const std::string& path) {
  return read_query_text(detail::text_of(path), path);
}

}  // namespace shardbound::inline v0::vnnlib
