// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network file as the C++ type that a person would have written for it: a layer and its
// activation on a line, branches indented.

#include <shardbound/io/layer_types.hpp>
#include <shardbound/io/model.hpp>
#include <shardbound/io/series_parallel.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

namespace detail {

inline std::string base_name(const std::string& path) {
  std::string name = path.substr(path.find_last_of('/') + 1);
  // It goes into a comment, which nothing in it may end or continue.
  for (char& c : name)
    if (c < ' ' || c > '~' || c == '\\') c = '?';
  return name;
}

inline bool is_identifier(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

// Writes layers as the arguments of a Sequential, one line per layer with its activation.
class TypeWriter {
 public:
  static constexpr std::size_t columns = 100;

  // The arguments, `indent` columns in; `tail` columns follow the last of them on its line.
  std::string arguments(const LayerTypes& layers, std::size_t indent, std::size_t tail,
                        std::string first_line = {}) const {
    std::vector<std::string> lines;
    if (!first_line.empty()) lines.push_back(std::move(first_line));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const bool activated = i + 1 < layers.size() && layers[i + 1].is_activation;
      const std::string then = activated ? ", " + layers[i + 1].text : "";
      const std::size_t after = i + (activated ? 2 : 1) == layers.size() ? tail : 1;
      lines.push_back(layer(layers[i], indent, then.size() + after) + then);
      if (activated) ++i;
    }
    std::string out;
    for (std::size_t i = 0; i < lines.size(); ++i)
      out += (i ? ",\n" + std::string(indent, ' ') : "") + lines[i];
    return out;
  }

 private:
  std::string layer(const LayerType& one, std::size_t indent, std::size_t tail) const {
    if (one.branches.empty()) return one.text;
    std::string flat = flat_join(one);
    if (!flat.empty() && indent + flat.size() + tail <= columns) return flat;
    std::string out = one.text;
    for (std::size_t i = 0; i < one.branches.size(); ++i)
      out += (i ? ",\n" : "\n") + std::string(indent + 4, ' ') +
             sequential(one.branches[i], indent + 4, i + 1 == one.branches.size() ? 1 + tail : 1);
    return out + ">";
  }

  std::string sequential(const LayerTypes& layers, std::size_t indent, std::size_t tail) const {
    if (layers.empty()) return "sb::Identity";
    std::string flat = flat_sequential(layers);
    if (!flat.empty() && indent + flat.size() + tail <= columns) return flat;
    return "sb::Sequential<\n" + std::string(indent + 4, ' ') +
           arguments(layers, indent + 4, 1 + tail) + ">";
  }

  // On one line, or "" if that is too much for a line.
  std::string flat_join(const LayerType& one) const {
    std::string out = one.text;
    for (std::size_t i = 0; i < one.branches.size(); ++i) {
      const std::string branch =
          one.branches[i].empty() ? "sb::Identity" : flat_sequential(one.branches[i]);
      out += (i ? ", " : "") + branch;
      if (branch.empty() || out.size() > columns) return {};
    }
    return out + ">";
  }

  std::string flat_sequential(const LayerTypes& layers) const {
    std::string out = "sb::Sequential<";
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string one = layers[i].branches.empty() ? layers[i].text : flat_join(layers[i]);
      out += (i ? ", " : "") + one;
      if (one.empty() || out.size() > columns) return {};
    }
    return out + ">";
  }
};

// A network with a node that no type is written for is refused by that, whatever else it is.
inline void want_types(const Model& model) {
  for (std::size_t v = 1; v < model.graph.layers.size(); ++v) {
    const auto& [step, place, operands] = model.graph.layers[v];
    if (step.kind > Step::Kind::concat) LayerTypeMaker(model.file).refuse(place);
  }
}

}  // namespace detail

/// The header that declares a network as a template over its sharding policy, under `type_name`;
/// `generator` is named as its author. Throws ArgumentError if the name is not an identifier, FormatError naming the node
/// if the network has no type.
inline std::string network_header(const Model& model, const std::string& type_name = "Network",
                                  const std::string& generator = "shardbound_add_verifier") {
  if (!detail::is_identifier(type_name))
    throw ArgumentError("'" + type_name +
                        "' cannot name a network type; use letters, digits and _");
  detail::want_types(model);
  detail::MapShape shape = detail::LayerTypeMaker::input(model);
  std::string input = "sb::Input<";
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    input += (axis ? ", " : "") + std::to_string(shape[axis]);
  const detail::LayerTypes layers =
      detail::LayerTypeMaker(model.file).sequence(series_parallel(model.graph), shape);
  return "// Generated from " + detail::base_name(model.file) + " by " + generator +
         ". Change the network, not this file.\n"
         "#pragma once\n\n"
         "#include <shardbound/shardbound.hpp>\n\n"
         "namespace sb = shardbound;\n\n"
         "template <sb::ShardingPolicy P = sb::Replicated>\n"
         "using " +
         type_name +
         " = sb::Sequential<\n"
         "    " +
         detail::TypeWriter{}.arguments(layers, 4, 2, input + ">") + ">;\n";
}

}  // namespace shardbound::inline v0::io
