// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Intervals as a drawing: panels of named lines over an axis, the methods' intervals of a line below each
// other, their numbers beside them.

#include <shardbound/cli/axis.hpp>
#include <shardbound/cli/svg.hpp>
#include <shardbound/core/decimal.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace shardbound::inline v0::cli {

struct Picture {
  struct Interval {
    double lower = 0, upper = 0;
  };
  struct Line {
    std::string label;
    std::vector<Interval> intervals;  ///< one a method
  };
  /// Whether 0 is a number like any other, or what decides: lines above it are impossible.
  enum class Zero { any, threshold };
  struct Panel {
    std::string title;
    Zero zero = Zero::any;
    std::vector<Line> lines;
  };

  std::string title, note;
  std::vector<std::string> methods;  ///< at most as many as there are colours
  std::vector<Panel> panels;
};

/// Of a panel. The last method's intervals are what it is for: if others are far wider, they leave it at the sides.
inline Axis axis_of(const Picture::Panel& panel) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double inner[] = {infinity, -infinity}, outer[] = {infinity, -infinity};
  const auto widen = [](double(&range)[2], double x) {
    if (!std::isfinite(x)) return;
    range[0] = std::min(range[0], x);
    range[1] = std::max(range[1], x);
  };
  for (const Picture::Line& line : panel.lines)
    for (std::size_t m = 0; m < line.intervals.size(); ++m)
      for (double x : {line.intervals[m].lower, line.intervals[m].upper}) {
        widen(outer, x);
        if (m + 1 == line.intervals.size()) widen(inner, x);
      }
  for (auto* range : {&inner, &outer})
    if (panel.zero == Picture::Zero::threshold || !((*range)[0] <= (*range)[1])) widen(*range, 0);
  if (inner[0] == 0 && inner[1] == 0) std::copy(outer, outer + 2, inner);  // nothing to see there
  // Halves, so that nothing overflows.
  double half = inner[1] / 2 - inner[0] / 2;
  const double whole = outer[1] / 2 - outer[0] / 2, middle = inner[0] / 2 + inner[1] / 2;
  half = half == 0 && middle == 0 ? 1 : std::max(half, std::abs(middle) * 1e-9);
  if (whole <= 5 * half) {
    const double margin = std::max(whole, half) / 20;
    return {std::min(outer[0], middle - half) - margin, std::max(outer[1], middle + half) + margin};
  }
  return {std::max(middle - 2 * half, outer[0] - half / 10),
          std::min(middle + 2 * half, outer[1] + half / 10)};
}

namespace detail {

/// Writes the elements of one drawing, from the top down.
class IntervalsAsSvg {
 public:
  std::string write(const Picture& picture) {
    svg_.text(margin, y_ += 28, picture.title, Svg::heading);
    if (!picture.note.empty()) svg_.text(margin, y_ += 18, picture.note, quiet);
    y_ += 24;
    double x = margin;
    for (std::size_t m = 0; m < picture.methods.size(); ++m, x += 130) {
      svg_.rectangle(x, y_ - 9, 18, 9, Svg::fill(m));
      svg_.text(x + 24, y_, picture.methods[m]);
    }
    svg_.text(x + 10, y_,
              "bounds with their slack; where there is an arrow they go on beyond the axis", quiet);
    for (const Picture::Panel& one : picture.panels) panel(one);
    y_ += 20;
    return svg_.file(y_, picture.title);
  }

 private:
  static constexpr double margin = Svg::margin, plot_left = 250, plot_right = 720;
  static constexpr double bar = 9, bar_step = 15, line_gap = 7;
  static constexpr const char* quiet = Svg::quiet;

  void panel(const Picture::Panel& panel) {
    axis_ = axis_of(panel);
    svg_.text(margin, y_ += 36, panel.title, Svg::subheading);
    const bool threshold = panel.zero == Picture::Zero::threshold;
    if (threshold) svg_.text(plot_right + 14, y_, "a counterexample needs 0 or less", quiet);
    y_ += 10;
    const double top = y_;
    double bottom = top + 4;
    for (const Picture::Line& line : panel.lines)
      bottom += static_cast<double>(line.intervals.size()) * bar_step + line_gap;
    for (double tick : ticks_of(axis_)) {
      svg_.stroke(place(tick), top, place(tick), bottom, Svg::pale);
      svg_.stroke(place(tick), bottom, place(tick), bottom + 5, Svg::ink);
      svg_.text(place(tick), bottom + 18, short_decimal(tick, axis_.digits()),
                "text-anchor='middle' fill='#666666'");
    }
    svg_.stroke(plot_left, bottom, plot_right, bottom, Svg::ink);
    if (threshold && axis_.shows(0))
      svg_.stroke(place(0), top - 4, place(0), bottom + 5, Svg::decisive);
    y_ += 4;
    for (const Picture::Line& line : panel.lines) {
      svg_.text(plot_left - 12, y_ + 11, cut(line.label), "text-anchor='end'");
      for (std::size_t m = 0; m < line.intervals.size(); ++m, y_ += bar_step)
        interval(line.intervals[m], m, threshold);
      y_ += line_gap;
    }
    y_ = bottom + 18;
  }

  void interval(const Picture::Interval& one, std::size_t method, bool threshold) {
    const double left = place(one.lower), right = place(one.upper), y = y_ + 3;
    const bool goes_left = one.lower < axis_.first;
    const bool goes_right = one.upper > axis_.last;
    if (one.lower <= axis_.last && one.upper >= axis_.first)  // a point shows as well
      svg_.rectangle(left, y, std::max(right - left, 2.0), bar, Svg::fill(method));
    if (goes_left) arrow(plot_left, y, -7, method);
    if (goes_right) arrow(plot_right, y, 7, method);
    svg_.text(plot_right + 14, y_ + 11,
              "[" + decimal_below(one.lower, axis_.digits()) + ", " +
                  decimal_above(one.upper, axis_.digits()) + "]" +
                  (threshold && one.lower > 0 ? "  impossible" : ""),
              "font-size='11' " + Svg::fill(method));
  }

  double place(double x) const { return plot_left + axis_.part(x) * (plot_right - plot_left); }
  // About as much as there is room for.
  static std::string cut(const std::string& label) {
    constexpr std::size_t most = 34;
    return label.size() <= most ? label : label.substr(0, most - 3) + "...";
  }
  void arrow(double x, double y, double length, std::size_t method) {
    svg_.shape({{x, y - 2}, {x + length, y + bar / 2}, {x, y + bar + 2}}, Svg::fill(method));
  }

  Svg svg_;
  double y_ = 0;
  Axis axis_;
};

}  // namespace detail

/// The whole file.
inline std::string svg_text(const Picture& picture) {
  return detail::IntervalsAsSvg().write(picture);
}

}  // namespace shardbound::inline v0::cli
