// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A formula as a property: every alternative is a set of inputs and a conjunction of rows, and alternatives with equal
// sets are one region. Rounding is done here, once: boxes outwards for proofs and inwards for points.

#include <shardbound/core/errors.hpp>
#include <shardbound/io/detail/vnnlib_scanner.hpp>
#include <shardbound/io/vnnlib_formula.hpp>
#include <shardbound/spec/half_spaces.hpp>

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace shardbound::inline v0::vnnlib {

namespace detail {

class PropertyBuilder {
 public:
  PropertyBuilder(const Formula& formula, const std::string& file)
      : formula_(&formula), file_(&file), known_(Order{&property_}) {
    property_.inputs = static_cast<std::int64_t>(formula.inputs);
    property_.outputs = static_cast<std::int64_t>(formula.columns);
    const auto& all = formula.coefficients;
    if (std::any_of(all.begin(), all.end(), [](const auto& one) { return one.first.is_input(); })) {
      property_.observed = Observed::outputs_and_inputs;
      property_.outputs += property_.inputs;
    }
  }

  Property property() {
    Bounds bounds(formula_->inputs);
    Atoms common_rows;
    for (const std::uint32_t atom : formula_->common) {
      if (!is_row(atom)) {
        if (!bounds.tighten(*formula_, atom)) return std::move(property_);
        continue;
      }
      common_rows.push_back(atom);
    }
    std::optional<std::size_t> common_region;  // of alternatives that say nothing about inputs
    for (const Atoms& alternative : formula_->alternatives) {
      const std::int64_t line =
          alternative.empty() ? formula_->last_line : atom_at(alternative.front()).line;
      Atoms own_rows, rows;
      std::copy_if(alternative.begin(), alternative.end(), std::back_inserter(own_rows),
                   [&](std::uint32_t atom) { return is_row(atom); });
      std::merge(common_rows.begin(), common_rows.end(), own_rows.begin(), own_rows.end(),
                 std::back_inserter(rows));
      const bool has_own_set = own_rows.size() < alternative.size() ||
                               std::any_of(own_rows.begin(), own_rows.end(),
                                           [&](std::uint32_t atom) { return is_half_space(atom); });
      std::size_t region = none;
      if (has_own_set || !common_region) {
        count(box_numbers_, property_.inputs, 8 * number_limit, "bounds", line);
        Bounds own = bounds;
        const bool some = std::all_of(alternative.begin(), alternative.end(), [&](auto atom) {
          return is_row(atom) || own.tighten(*formula_, atom);
        });
        if (some) region = region_of(own, rows, line);
        if (!has_own_set) common_region = region;
      } else {
        region = *common_region;
      }
      if (region != none) property_.regions[region].unsafe.push_back(conjunction(rows, line));
    }
    return std::move(property_);
  }

 private:
  // More numbers than this in the boxes, or in the rows, are refused.
  static constexpr std::int64_t number_limit = std::int64_t{1} << 25;
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  // Of every input the atoms that bound it most; -1: none.
  struct Bounds {
    std::vector<std::int32_t> lower, upper;

    explicit Bounds(std::size_t inputs) : lower(inputs, -1), upper(inputs, -1) {}

    // False if nothing is left.
    bool tighten(const Formula& formula, std::uint32_t index) {
      const Atom& atom = formula.atoms[index];
      const bool is_upper = atom.kind == Atom::Kind::upper;
      std::int32_t& own = (is_upper ? upper : lower)[atom.input];
      if (own < 0 || tighter(formula, atom, formula.atoms[static_cast<std::size_t>(own)]))
        own = static_cast<std::int32_t>(index);
      const std::int32_t low = lower[atom.input], high = upper[atom.input];
      if (low < 0 || high < 0) return true;
      const Atom &a = formula.atoms[static_cast<std::size_t>(low)],
                 &b = formula.atoms[static_cast<std::size_t>(high)];
      const auto order = formula.compare(a, b);
      return std::is_lt(order) || (std::is_eq(order) && !a.strict && !b.strict);
    }
    static bool tighter(const Formula& formula, const Atom& a, const Atom& b) {
      const auto order = formula.compare(a, b);
      if (std::is_eq(order)) return a.strict && !b.strict;
      return a.kind == Atom::Kind::upper ? std::is_lt(order) : std::is_gt(order);
    }
  };

  struct Order {
    const Property* property;
    bool operator()(std::size_t a, std::size_t b) const {
      const Region &x = property->regions[a], &y = property->regions[b];
      return std::tie(x.box.lower, x.box.upper, x.points.lower, x.points.upper, x.between) <
             std::tie(y.box.lower, y.box.upper, y.points.lower, y.points.upper, y.between);
    }
  };

  const Atom& atom_at(std::uint32_t atom) const { return formula_->atoms[atom]; }
  bool is_row(std::uint32_t atom) const { return atom_at(atom).kind == Atom::Kind::row; }
  // Whether it is a row over inputs alone; columns come before inputs.
  bool is_half_space(std::uint32_t index) const {
    const Atom& atom = atom_at(index);
    return is_row(index) && formula_->coefficients[atom.first].first.is_input();
  }

  // The least (greatest) double that satisfies a lower (upper) bound.
  static double inside(const Atom& bound) {
    const bool upper = bound.kind == Atom::Kind::upper;
    const double at = upper ? bound.at.down() : bound.at.up();
    return bound.strict && bound.at.exact() ? std::nextafter(at, upper ? -infinity : infinity) : at;
  }

  Box outside_of(const Bounds& bounds) const {
    Box box;
    for (const std::int32_t atom : bounds.lower)
      box.lower.push_back(atom < 0 ? -infinity
                                   : atom_at(static_cast<std::uint32_t>(atom)).at.down());
    for (const std::int32_t atom : bounds.upper)
      box.upper.push_back(atom < 0 ? infinity : atom_at(static_cast<std::uint32_t>(atom)).at.up());
    return box;
  }

  // Where there are doubles in `bounds`, those that `box` leaves; where it is infinite, a finite part. Where there are
  // none one next to it, unless a strict bound excludes that, and `between` says so.
  Box points_of(const Bounds& bounds, const Box& box, std::vector<bool>& between) const {
    Box points;
    for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
      const auto bound = [&](std::int32_t atom) {
        return atom < 0 ? nullptr : &atom_at(static_cast<std::uint32_t>(atom));
      };
      const Atom *const low = bound(bounds.lower[i]), *const high = bound(bounds.upper[i]);
      double lower = low ? inside(*low) : -infinity, upper = high ? inside(*high) : infinity;
      if (lower > upper && !low->strict && !high->strict) {
        lower = upper = low->at.value;
        between.resize(bounds.lower.size());
        between[i] = true;
      } else if (std::max(lower, box.lower[i]) <= std::min(upper, box.upper[i])) {
        lower = std::max(lower, box.lower[i]);
        upper = std::min(upper, box.upper[i]);
      }
      const auto reach = [](double from) { return std::max(100.0, std::abs(from)); };
      const bool open = !low && std::isinf(lower);
      if (open) lower = std::isinf(upper) ? -100 : std::max(upper - reach(upper), -most);
      if (!high && std::isinf(upper)) upper = open ? 100 : std::min(lower + reach(lower), most);
      points.lower.push_back(lower);
      points.upper.push_back(upper);
    }
    return points;
  }
  static constexpr double most = std::numeric_limits<double>::max();

  std::size_t region_of(const Bounds& bounds, const Atoms& rows, std::int64_t line) {
    Region region{outside_of(bounds), {}};
    std::vector<HalfSpace> halves;
    for (const std::uint32_t row : rows) {
      if (!is_half_space(row)) continue;
      HalfSpace& half = halves.emplace_back();
      const Atom& atom = atom_at(row);
      half.rhs = atom.rhs;
      for (std::size_t i = atom.first; i < atom.first + atom.count; ++i)
        half.coefficients.emplace_back(formula_->coefficients[i].first.index(),
                                       formula_->coefficients[i].second);
    }
    if (!tighten(region.box, halves)) return none;
    region.points = points_of(bounds, region.box, region.between);
    if (region.points == region.box) region.points = {};
    property_.regions.push_back(std::move(region));
    const auto [place, fresh] = known_.insert(property_.regions.size() - 1);
    if (!fresh) property_.regions.pop_back();
    if (fresh) count(region_numbers_, property_.inputs, number_limit, "bounds", line);
    return *place;
  }

  Conjunction conjunction(const Atoms& atoms, std::int64_t line) {
    count(row_numbers_, static_cast<std::int64_t>(atoms.size()) * property_.outputs, number_limit,
          "coefficients", line);
    Conjunction all;
    const auto width = static_cast<std::size_t>(property_.outputs);
    all.rows.assign(atoms.size() * width, 0);
    for (std::size_t row = 0; row < atoms.size(); ++row) {
      const Atom& atom = atom_at(atoms[row]);
      for (std::size_t i = atom.first; i < atom.first + atom.count; ++i) {
        const auto& [variable, coefficient] = formula_->coefficients[i];
        const std::size_t column = variable.index() + (variable.is_input() ? formula_->columns : 0);
        all.rows[row * width + column] = coefficient;
      }
      all.rhs.push_back(atom.rhs);
      if (atom.strict) all.strict.resize(atoms.size());
      if (atom.strict) all.strict[row] = true;
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

  const Formula* formula_;
  const std::string* file_;
  Property property_;
  std::set<std::size_t, Order> known_;  // regions by their sets
  std::int64_t row_numbers_ = 0, box_numbers_ = 0, region_numbers_ = 0;
};

}  // namespace detail

/// What a formula asks; `file` opens every message. Throws FormatError if that is too much to be written out.
inline Property property_of(const Formula& formula, const std::string& file) {
  return detail::PropertyBuilder(formula, file).property();
}

}  // namespace shardbound::inline v0::vnnlib
