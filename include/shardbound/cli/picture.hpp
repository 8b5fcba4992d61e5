// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Intervals as a drawing: panels of named lines over an axis, the methods' intervals of a line below each
// other, their numbers beside them. One plain SVG that needs nothing else.

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

/// The part of the numbers that a panel shows. The last method's intervals are what it is for: if others are
/// far wider, they leave it at the sides.
struct Axis {
  double first = 0, last = 1;

  bool shows(double x) const { return first <= x && x <= last; }
  /// As many as tell places on it apart.
  int digits() const {
    const double most = std::max(std::abs(first), std::abs(last));
    return std::clamp(static_cast<int>(std::log10(most) - std::log10(last / 2 - first / 2)) + 4, 4,
                      17);
  }
};

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

/// Round numbers inside of an axis, some four to nine of them.
inline std::vector<double> ticks_of(const Axis& axis) {
  const double rough = axis.last / 6 - axis.first / 6;
  if (!(rough > 0) || !std::isfinite(rough)) return {};
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double factor = rough < 1.5 * power   ? 1
                        : rough < 3.5 * power ? 2
                        : rough < 7.5 * power ? 5
                                              : 10;
  const double step = factor * power;
  std::vector<double> ticks;
  if (!(step > 0) || !std::isfinite(step)) return {};
  for (double k = std::ceil(axis.first / step); k * step <= axis.last && ticks.size() < 20; ++k)
    ticks.push_back(k == 0 ? 0 : k * step);  // no -0
  return ticks;
}

namespace detail {

/// Writes the elements of one drawing, from the top down.
class SvgWriter {
 public:
  std::string write(const Picture& picture) {
    text(margin, y_ += 28, picture.title, "font-size='16' font-weight='bold'");
    if (!picture.note.empty()) text(margin, y_ += 18, picture.note, quiet);
    y_ += 24;
    double x = margin;
    for (std::size_t m = 0; m < picture.methods.size(); ++m, x += 130) {
      rectangle(x, y_ - 9, 18, 9, fill(m));
      text(x + 24, y_, picture.methods[m]);
    }
    text(x + 10, y_, "bounds with their slack; where there is an arrow they go on beyond the axis",
         quiet);
    for (const Picture::Panel& one : picture.panels) panel(one);
    y_ += 20;
    const std::string size = "width='" + number(width) + "' height='" + number(y_) + "'";
    return "<?xml version='1.0' encoding='UTF-8'?>\n<svg xmlns='http://www.w3.org/2000/svg' " +
           size + " viewBox='0 0 " + number(width) + " " + number(y_) +
           "' font-family='sans-serif' font-size='12'>\n<title>" + escaped(picture.title) +
           "</title>\n<rect " + size + " fill='white'/>\n" + body_ + "</svg>\n";
  }

 private:
  static constexpr double width = 1000, margin = 20, plot_left = 250, plot_right = 720;
  static constexpr double bar = 9, bar_step = 15, line_gap = 7;
  static constexpr const char* quiet = "fill='#666666'";

  void panel(const Picture::Panel& panel) {
    axis_ = axis_of(panel);
    text(margin, y_ += 36, panel.title, "font-size='13' font-weight='bold'");
    const bool threshold = panel.zero == Picture::Zero::threshold;
    if (threshold) text(plot_right + 14, y_, "a counterexample needs 0 or less", quiet);
    y_ += 10;
    const double top = y_;
    double bottom = top + 4;
    for (const Picture::Line& line : panel.lines)
      bottom += static_cast<double>(line.intervals.size()) * bar_step + line_gap;
    for (double tick : ticks_of(axis_)) {
      stroke(place(tick), top, place(tick), bottom, "stroke='#e4e4e4'");
      stroke(place(tick), bottom, place(tick), bottom + 5, "stroke='#666666'");
      text(place(tick), bottom + 18, short_decimal(tick, axis_.digits()),
           "text-anchor='middle' fill='#666666'");
    }
    stroke(plot_left, bottom, plot_right, bottom, "stroke='#666666'");
    if (threshold && axis_.shows(0))
      stroke(place(0), top - 4, place(0), bottom + 5,
             "stroke='#b03030' stroke-width='1.5' stroke-dasharray='5 3'");
    y_ += 4;
    for (const Picture::Line& line : panel.lines) {
      text(plot_left - 12, y_ + 11, cut(line.label), "text-anchor='end'");
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
      rectangle(left, y, std::max(right - left, 2.0), bar, fill(method));
    if (goes_left) arrow(plot_left, y, -7, method);
    if (goes_right) arrow(plot_right, y, 7, method);
    text(plot_right + 14, y_ + 11,
         "[" + decimal_below(one.lower, axis_.digits()) + ", " +
             decimal_above(one.upper, axis_.digits()) + "]" +
             (threshold && one.lower > 0 ? "  impossible" : ""),
         "font-size='11' " + fill(method));
  }

  double place(double x) const {
    const double inside = std::clamp(x, axis_.first, axis_.last);
    // Halves, so that nothing overflows.
    const double part = (inside / 2 - axis_.first / 2) / (axis_.last / 2 - axis_.first / 2);
    return plot_left + part * (plot_right - plot_left);
  }
  static std::string fill(std::size_t method) {
    static constexpr const char* colours[] = {"#b9770e", "#1f618d", "#1e8449", "#6c3483"};
    return std::string("fill='") + colours[method % std::size(colours)] + "'";
  }
  static std::string number(double x) { return short_decimal(x, 7); }
  // About as much as there is room for.
  static std::string cut(const std::string& label) {
    constexpr std::size_t most = 34;
    return label.size() <= most ? label : label.substr(0, most - 3) + "...";
  }
  // Names come from files: what XML gives a meaning is escaped, what it forbids or may not be UTF-8 is not
  // shown.
  static std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
      if (c == '&')
        out += "&amp;";
      else if (c == '<')
        out += "&lt;";
      else if (c == '>')
        out += "&gt;";
      else
        out += c < ' ' || c > '~' ? '?' : c;
    }
    return out;
  }

  void text(double x, double y, std::string_view words, const std::string& style = "") {
    body_ += "<text x='" + number(x) + "' y='" + number(y) + "'" +
             (style.empty() ? "" : " " + style) + ">" + escaped(words) + "</text>\n";
  }
  void rectangle(double x, double y, double w, double h, const std::string& style) {
    body_ += "<rect x='" + number(x) + "' y='" + number(y) + "' width='" + number(w) +
             "' height='" + number(h) + "' " + style + "/>\n";
  }
  void stroke(double x1, double y1, double x2, double y2, const std::string& style) {
    body_ += "<line x1='" + number(x1) + "' y1='" + number(y1) + "' x2='" + number(x2) + "' y2='" +
             number(y2) + "' " + style + "/>\n";
  }
  void arrow(double x, double y, double length, std::size_t method) {
    body_ += "<path d='M" + number(x) + " " + number(y - 2) + " L" + number(x + length) + " " +
             number(y + bar / 2) + " L" + number(x) + " " + number(y + bar + 2) + " Z' " +
             fill(method) + "/>\n";
  }

  std::string body_;
  double y_ = 0;
  Axis axis_;
};

}  // namespace detail

/// The whole file.
inline std::string svg_text(const Picture& picture) { return detail::SvgWriter().write(picture); }

}  // namespace shardbound::inline v0::cli
