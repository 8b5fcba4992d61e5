// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network file as the C++ type that a person would have written for it: a layer and its
// activation on a line, branches indented.

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

// Writes steps as the arguments of a Sequential, one line per layer with its activation.
class TypeWriter {
 public:
  static constexpr std::size_t columns = 100;

  // The arguments, `indent` columns in; `tail` columns follow the last of them on its line.
  std::string arguments(const Steps& steps, std::size_t indent, std::size_t tail,
                        std::string first_line = {}) const {
    std::vector<std::string> lines;
    if (!first_line.empty()) lines.push_back(std::move(first_line));
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const bool activated = i + 1 < steps.size() && steps[i + 1].kind == Step::Kind::activation;
      const std::string then = activated ? ", " + layer(steps[i + 1], 0, 0) : "";
      const std::size_t after = i + (activated ? 2 : 1) == steps.size() ? tail : 1;
      lines.push_back(layer(steps[i], indent, then.size() + after) + then);
      if (activated) ++i;
    }
    std::string out;
    for (std::size_t i = 0; i < lines.size(); ++i)
      out += (i ? ",\n" + std::string(indent, ' ') : "") + lines[i];
    return out;
  }

 private:
  std::string layer(const Step& step, std::size_t indent, std::size_t tail) const {
    switch (step.kind) {
      case Step::Kind::linear: return "sb::Linear<" + std::to_string(step.features) + ", P>";
      case Step::Kind::scale_shift: return "sb::ScaleShift";
      case Step::Kind::activation: return "sb::" + step.activation;
      case Step::Kind::residual: return join("sb::Residual<", step.branches, indent, tail);
      case Step::Kind::concat: return join("sb::Concat<", step.branches, indent, tail);
    }
    return {};
  }

  std::string join(const std::string& open, const std::vector<Steps>& branches, std::size_t indent,
                   std::size_t tail) const {
    std::string flat = flat_join(open, branches);
    if (!flat.empty() && indent + flat.size() + tail <= columns) return flat;
    std::string out = open;
    for (std::size_t i = 0; i < branches.size(); ++i)
      out += (i ? ",\n" : "\n") + std::string(indent + 4, ' ') +
             sequential(branches[i], indent + 4, i + 1 == branches.size() ? 1 + tail : 1);
    return out + ">";
  }

  std::string sequential(const Steps& steps, std::size_t indent, std::size_t tail) const {
    if (steps.empty()) return "sb::Identity";
    std::string flat = flat_sequential(steps);
    if (!flat.empty() && indent + flat.size() + tail <= columns) return flat;
    return "sb::Sequential<\n" + std::string(indent + 4, ' ') +
           arguments(steps, indent + 4, 1 + tail) + ">";
  }

  // On one line, or "" if that is too much for a line.
  std::string flat_join(const std::string& open, const std::vector<Steps>& branches) const {
    std::string out = open;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      const std::string branch =
          branches[i].empty() ? "sb::Identity" : flat_sequential(branches[i]);
      out += (i ? ", " : "") + branch;
      if (branch.empty() || out.size() > columns) return {};
    }
    return out + ">";
  }

  std::string flat_sequential(const Steps& steps) const {
    std::string out = "sb::Sequential<";
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const bool joins = !steps[i].branches.empty();
      const std::string one =
          !joins
              ? layer(steps[i], 0, 0)
              : flat_join(steps[i].kind == Step::Kind::residual ? "sb::Residual<" : "sb::Concat<",
                          steps[i].branches);
      out += (i ? ", " : "") + one;
      if (one.empty() || out.size() > columns) return {};
    }
    return out + ">";
  }
};

}  // namespace detail

/// The header that declares a network as a template over its sharding policy, under `type_name`;
/// `generator` is named as its author. Throws ArgumentError if the name is not an identifier.
inline std::string network_header(const Model& model, const std::string& type_name = "Network",
                                  const std::string& generator = "shardbound_add_verifier") {
  if (!detail::is_identifier(type_name))
    throw ArgumentError("'" + type_name +
                        "' cannot name a network type; use letters, digits and _");
  const std::string input = "sb::Input<" + std::to_string(model.inputs) + ">";
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
         detail::TypeWriter{}.arguments(series_parallel(model.graph), 4, 2, input) + ">;\n";
}

}  // namespace shardbound::inline v0::io
