// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Which features of a layer a tensor consists of, in which order: what slices, transposes and joins do,
// without a layer of their own. An entry may also be a constant. Maps of maps are maps, so that only
// what a layer reads in the end is ever made.

#include <shardbound/io/step.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

struct IndexMap {
  static constexpr std::int32_t constant = -1;

  std::vector<std::int32_t> from;  ///< a feature of the layer, or `constant`
  std::vector<double> fill;        ///< the number where `from` says so; empty: nowhere

  std::size_t size() const { return from.size(); }
  double number(std::size_t entry) const { return fill.empty() ? 0 : fill[entry]; }

  bool is_identity(std::int64_t features) const {
    if (static_cast<std::int64_t>(from.size()) != features) return false;
    for (std::size_t i = 0; i < from.size(); ++i)
      if (from[i] != static_cast<std::int32_t>(i)) return false;
    return true;
  }

  /// Whether it is all of so many features in some order: each of them once.
  bool is_permutation(std::int64_t features) const {
    if (static_cast<std::int64_t>(from.size()) != features) return false;
    std::vector<bool> seen(from.size());
    for (const std::int32_t feature : from) {
      if (feature == constant || seen[static_cast<std::size_t>(feature)]) return false;
      seen[static_cast<std::size_t>(feature)] = true;
    }
    return true;
  }

  bool is_constant() const {
    return std::all_of(from.begin(), from.end(), [](std::int32_t i) { return i == constant; });
  }
};

/// Layers that were made for maps of layers. Maps that say the same share one.
class MadeForMaps {
 public:
  static constexpr std::int32_t none = -1;

  /// The number of the layer made for a map of a layer, `none` yet: to be written by who makes it.
  std::int32_t& of(std::int32_t layer, const std::shared_ptr<const IndexMap>& map) {
    std::uint64_t hash = static_cast<std::uint64_t>(layer) ^ 0xcbf29ce484222325u;
    for (const std::int32_t from : map->from)
      hash = (hash ^ static_cast<std::uint64_t>(from)) * 0x100000001b3u;
    const auto [first, end] = made_.equal_range(hash);
    for (auto one = first; one != end; ++one) {
      const Made& made = one->second;
      if (made.of == layer && made.map->from == map->from && made.map->fill == map->fill)
        return one->second.layer;
    }
    return made_.emplace(hash, Made{layer, map, none})->second.layer;
  }

 private:
  struct Made {
    std::int32_t of;
    std::shared_ptr<const IndexMap> map;
    std::int32_t layer;
  };
  std::unordered_multimap<std::uint64_t, Made> made_;
};

/// Those entries of a map that `chosen` names, in its order; where it says -1, the number `fill`.
inline IndexMap composed(const IndexMap& map, std::span<const std::int64_t> chosen,
                         double fill = 0) {
  IndexMap out;
  out.from.reserve(chosen.size());
  const bool fills = !map.fill.empty() ||
                     (fill != 0 && std::find(chosen.begin(), chosen.end(), -1) != chosen.end());
  for (const std::int64_t entry : chosen) {
    const auto at = static_cast<std::size_t>(entry);
    out.from.push_back(entry < 0 ? IndexMap::constant : map.from[at]);
    if (fills) out.fill.push_back(entry < 0 ? fill : map.number(at));
  }
  return out;
}

/// Entries [0, features) of a layer.
inline IndexMap identity_map(std::int64_t features) {
  IndexMap out;
  out.from.resize(static_cast<std::size_t>(features));
  for (std::size_t i = 0; i < out.from.size(); ++i) out.from[i] = static_cast<std::int32_t>(i);
  return out;
}

/// The most entries of a matrix that is made while reading.
inline constexpr std::int64_t made_matrix_limit = std::int64_t{1} << 24;

/// A matrix that is made while reading, out x in, all zeros yet. Throws FormatError with `place` before the sentence
/// if it would have more than 2^24 entries.
inline ParameterSource made_matrix(std::int64_t out, std::int64_t in, const std::string& place) {
  if (in > 0 && out > made_matrix_limit / in)
    throw FormatError(place + ": a matrix of " + std::to_string(out) + " x " + std::to_string(in) +
                      " would have to be made for it; up to 2^24 entries are supported");
  ParameterSource source;
  source.name = "made while reading";
  source.rows = out, source.columns = in;
  source.element = ParameterSource::Element::float64;
  source.values.resize(static_cast<std::size_t>(out * in));
  return source;
}

/// The layer that picks a map's entries.
inline Step gathering(const IndexMap& map) {
  Step step;
  step.kind = Step::Kind::gather;
  step.features = static_cast<std::int64_t>(map.size());
  step.indices = map.from;
  for (std::size_t i = 0; i < map.fill.size(); ++i) {
    if (map.from[i] != IndexMap::constant || map.fill[i] == 0) continue;
    step.fill.resize(map.size());
    step.fill[i] = map.fill[i];
  }
  return step;
}

}  // namespace shardbound::inline v0::io
