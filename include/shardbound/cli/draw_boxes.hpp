// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What `bounds --svg` draws: of the first boxes the first outputs and rows, bounded from both sides by IBP
// and by what --method says. (By CROWN, if that is IBP: a picture of one method compares nothing.)

#include <shardbound/bound/engine.hpp>
#include <shardbound/cli/options.hpp>
#include <shardbound/cli/picture.hpp>
#include <shardbound/cli/progress.hpp>
#include <shardbound/cli/text_report.hpp>
#include <shardbound/core/rounding.hpp>
#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

/// "prop.vnnlib on net.onnx"
inline std::string subject_of(const Options& o) {
  const auto file_name = [](const std::string& path) {
    return std::filesystem::path(path).filename().string();
  };
  std::string networks = o.onnx.empty() ? "" : file_name(o.onnx);
  for (const std::string& network : o.networks)
    networks.append(networks.empty() ? "" : ", ")
        .append(file_name(network.substr(network.find('=') + 1)));
  return file_name(o.vnnlib) + " on " + networks;
}

namespace detail {

/// A picture without its intervals, and what has to be bounded for them.
class Sketch {
 public:
  Sketch(const Options& o, const Property& property)
      : outputs_(static_cast<std::size_t>(property.outputs)),
        own_(static_cast<std::size_t>(property.network_outputs())) {
    picture.title = subject_of(o);
    const std::size_t boxes = std::min(most_boxes, property.regions.size());
    if (boxes < property.regions.size())
      picture.note = first_of(boxes, property.regions.size(), "boxes");
    for (std::size_t b = 0; b < boxes; ++b) {
      sets.emplace_back(property.regions[b].box);
      const std::string of_box = boxes > 1 ? "box " + std::to_string(b) + ": " : "";
      add_outputs(of_box);
      add_rows(of_box, property.regions[b].unsafe);
    }
  }

  Picture picture;
  std::vector<InputSet> sets;
  /// Two rows a line, itself and its negative, whose lower bound is the other side.
  RowQuery query;

  /// Appends what a run found to every line.
  void add(const RowBounds<double>& found) {
    std::size_t line = 0;
    for (Picture::Panel& panel : picture.panels)
      for (Picture::Line& one : panel.lines) {
        const double least = proved(found.lower[2 * line], found.slack[2 * line]);
        const double negative = proved(found.lower[2 * line + 1], found.slack[2 * line + 1]);
        one.intervals.push_back(
            {subtract_down(least, rhs_[line]), -subtract_down(negative, -rhs_[line])});
        ++line;
      }
  }

 private:
  static constexpr std::size_t most_boxes = 4, most_lines = 16, most_conjunctions = 8;

  static std::string first_of(std::size_t shown, std::size_t all, const std::string& what) {
    return "the first " + std::to_string(shown) + " of " + std::to_string(all) + " " + what;
  }
  static std::string left_out(std::size_t all, std::size_t most, const std::string& what) {
    return all > most ? " (" + first_of(most, all, what) + ")" : "";
  }

  void add_line(std::span<const double> row, double rhs) {
    picture.panels.back().lines.push_back({row_text(row, rhs, own_, 3), {}});
    for (const double sign : {1.0, -1.0}) {
      for (double coefficient : row) query.matrix.push_back(sign * coefficient);
      query.domain.push_back(static_cast<std::int32_t>(sets.size() - 1));
    }
    rhs_.push_back(rhs);
  }
  void add_outputs(const std::string& of_box) {
    picture.panels.push_back(
        {of_box + "outputs" + left_out(own_, most_lines, "outputs"), Picture::Zero::any, {}});
    for (std::size_t i = 0; i < std::min(most_lines, own_); ++i) {
      std::vector<double> row(outputs_);
      row[i] = 1;
      add_line(row, 0);
    }
  }
  void add_rows(const std::string& of_box, const std::vector<Conjunction>& unsafe) {
    for (std::size_t c = 0; c < std::min(most_conjunctions, unsafe.size()); ++c) {
      const Conjunction& set = unsafe[c];
      picture.panels.push_back(
          {of_box + "conjunction " + std::to_string(c) +
               left_out(set.rhs.size(), most_lines, "rows") +
               (c == 0 ? left_out(unsafe.size(), most_conjunctions, "conjunctions") : ""),
           Picture::Zero::threshold,
           {}});
      for (std::size_t i = 0; i < std::min(most_lines, set.rhs.size()); ++i)
        add_line({set.rows.data() + i * outputs_, outputs_}, set.rhs[i]);
    }
  }

  std::size_t outputs_;      // columns
  std::size_t own_;          // those that are no inputs
  std::vector<double> rhs_;  // of each line
};

}  // namespace detail

/// Replaces what the engine has prepared. Its ranks draw together.
inline Picture draw_boxes(Engine& engine, const Options& o, const Property& property,
                          ProgressLine& progress) {
  detail::Sketch sketch(o, property);
  Capacity capacity;
  capacity.domains = static_cast<index_t>(sketch.sets.size());
  capacity.rows = static_cast<index_t>(sketch.query.domain.size());
  capacity.wave = o.wave;
  const std::string beside = o.method == "ibp" ? "crown" : o.method;
  for (const std::string& method : {std::string("ibp"), beside}) {
    Options with = o;
    with.method = method;
    engine.prepare(method_of(with), capacity);
    progress.stage("drawing " + method, [&](int node) { return engine.describe(node); });
    sketch.add(
        engine.run(sketch.sets, sketch.query, {.outputs = false}, nullptr, {}, &progress).rows);
    sketch.picture.methods.push_back(method == "ibp"           ? "IBP"
                                     : method == "crown"       ? "CROWN"
                                     : method == "alpha-crown" ? "alpha-CROWN"
                                                               : "CROWN-IBP");
  }
  return std::move(sketch.picture);
}

}  // namespace shardbound::inline v0::cli
