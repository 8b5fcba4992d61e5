// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A VNNLIB 1.0 property file: which outputs, over which boxes of inputs, violate the property.
// Every alternative of the file is a box and a conjunction of output rows; equal boxes are one
// region.

#include <shardbound/io/file.hpp>
#include <shardbound/io/vnnlib_text.hpp>
#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace shardbound::inline v0::vnnlib {

namespace detail {

class PropertyBuilder {
 public:
  PropertyBuilder(const Formula& formula, const std::string& file)
      : formula_(&formula), file_(&file), known_(Order{&property_}) {
    property_.inputs = static_cast<std::int64_t>(formula.input_lines.size());
    property_.outputs = static_cast<std::int64_t>(formula.output_lines.size());
  }

  Property property() {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Box box;
    box.lower.assign(formula_->input_lines.size(), -infinity);
    box.upper.assign(formula_->input_lines.size(), infinity);
    Atoms common_rows;
    for (const std::uint32_t atom : formula_->common)
      if (!tighten(box, atom)) common_rows.push_back(atom);
    std::size_t common_region = none;  // of alternatives that say nothing about inputs
    for (const Atoms& alternative : formula_->alternatives) {
      const std::int64_t line =
          alternative.empty() ? formula_->last_line : atom_at(alternative.front()).line;
      Atoms own_rows, rows;
      std::copy_if(alternative.begin(), alternative.end(), std::back_inserter(own_rows),
                   [&](std::uint32_t atom) { return atom_at(atom).kind == Atom::Kind::output; });
      std::merge(common_rows.begin(), common_rows.end(), own_rows.begin(), own_rows.end(),
                 std::back_inserter(rows));
      const bool has_own_box = own_rows.size() < alternative.size();
      std::size_t region = common_region;
      if (has_own_box || region == none) {
        count(box_numbers_, property_.inputs, 8 * number_limit, "bounds", line);
        Box own = box;
        for (const std::uint32_t atom : alternative) tighten(own, atom);
        check_bounded(own, line);
        region = region_of(std::move(own), line);
        if (!has_own_box) common_region = region;
      }
      if (rows.empty())
        throw error_at(*file_, line, "no constraint on the outputs belongs to this box");
      property_.regions[region].unsafe.push_back(conjunction(rows, line));
    }
    return std::move(property_);
  }

 private:
  // More numbers than this in the boxes, or in the rows, are refused.
  static constexpr std::int64_t number_limit = std::int64_t{1} << 25;
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  struct Order {
    const Property* property;
    bool operator()(std::size_t a, std::size_t b) const {
      const Box &x = property->regions[a].box, &y = property->regions[b].box;
      return std::tie(x.lower, x.upper) < std::tie(y.lower, y.upper);
    }
  };

  const Atom& atom_at(std::uint32_t atom) const { return formula_->atoms[atom]; }

  // Applies a bound on an input; false if the atom is about outputs.
  bool tighten(Box& box, std::uint32_t index) const {
    const Atom& atom = atom_at(index);
    if (atom.kind == Atom::Kind::output) return false;
    const auto input = static_cast<std::size_t>(atom.input);
    double &lower = box.lower[input], &upper = box.upper[input];
    if (atom.kind == Atom::Kind::input_upper)
      upper = std::min(upper, atom.bound);
    else
      lower = std::max(lower, atom.bound);
    if (lower > upper)
      throw error_at(*file_, atom.line,
                     "X_" + std::to_string(input) +
                         " has no values left: its "
                         "lower bound " +
                         shown(lower) + " is above its upper bound " + shown(upper));
    return true;
  }

  static std::string shown(double number) {
    char text[32] = {};
    const auto [last, error] = std::to_chars(text, text + sizeof(text), number);
    return error == std::errc{} ? std::string(text, last) : std::to_string(number);
  }

  void check_bounded(const Box& box, std::int64_t line) const {
    for (std::size_t input = 0; input < box.lower.size(); ++input)
      if (!std::isfinite(box.lower[input]) || !std::isfinite(box.upper[input]))
        throw error_at(*file_, line,
                       "X_" + std::to_string(input) + " has no " +
                           (std::isfinite(box.lower[input]) ? "upper" : "lower") + " bound");
  }

  Conjunction conjunction(const Atoms& atoms, std::int64_t line) {
    count(row_numbers_, static_cast<std::int64_t>(atoms.size()) * property_.outputs, number_limit,
          "coefficients", line);
    Conjunction all;
    const auto outputs = static_cast<std::size_t>(property_.outputs);
    all.rows.assign(atoms.size() * outputs, 0);
    for (std::size_t row = 0; row < atoms.size(); ++row) {
      const Atom& atom = atom_at(atoms[row]);
      if (atom.plus != Atom::absent)
        all.rows[row * outputs + static_cast<std::size_t>(atom.plus)] = 1;
      if (atom.minus != Atom::absent)
        all.rows[row * outputs + static_cast<std::size_t>(atom.minus)] = -1;
      all.rhs.push_back(atom.bound);
    }
    return all;
  }

  // Refuses what a few lines of `or`s could blow up to, before it is written out.
  void count(std::int64_t& so_far, std::int64_t more, std::int64_t limit, const char* what,
             std::int64_t line) const {
    so_far += more;
    if (so_far > limit)
      throw error_at(
          *file_, line,
          "written out, its alternatives hold more than " + std::to_string(limit) + " " + what);
  }

  std::size_t region_of(Box box, std::int64_t line) {
    property_.regions.push_back({std::move(box), {}});
    const auto [place, fresh] = known_.insert(property_.regions.size() - 1);
    if (!fresh) property_.regions.pop_back();
    if (fresh) count(region_numbers_, property_.inputs, number_limit, "bounds", line);
    return *place;
  }

  const Formula* formula_;
  const std::string* file_;
  Property property_;
  std::set<std::size_t, Order> known_;  // regions by their box
  std::int64_t row_numbers_ = 0, box_numbers_ = 0, region_numbers_ = 0;
};

}  // namespace detail

/// The property that a text describes; `file` opens every message.
inline Property read_text(std::string_view text, const std::string& file) {
  return detail::PropertyBuilder(parse(text, file), file).property();
}

/// Reads a VNNLIB file, compressed or not. Regions, conjunctions and rows come in file order; rows
/// are e_a - e_b <= 0 for Y_a <= Y_b, e_a <= c for Y_a <= c, -e_a <= -c for Y_a >= c. Throws
/// FormatError "FILE:LINE: ..." for whatever is damaged, unbounded, empty or not understood.
inline Property read(const std::string& path) {
  constexpr std::int64_t limit = std::int64_t{1} << 30;
  const io::InputFile file(path, limit);
  if (file.size() == 0) throw FormatError(path + ": is empty; this is not a VNNLIB property");
  return read_text(file.read_all(limit), path);
}

}  // namespace shardbound::inline v0::vnnlib
