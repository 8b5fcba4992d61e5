// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A drawing as one plain SVG that needs nothing else, element by element.

#include <shardbound/core/decimal.hpp>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

class Svg {
 public:
  using Point = std::pair<double, double>;

  static constexpr double width = 1000, margin = 20;
  static constexpr const char* quiet = "fill='#666666'";
  static constexpr const char* pale = "stroke='#e4e4e4'";
  static constexpr const char* ink = "stroke='#666666'";
  static constexpr const char* heading = "font-size='16' font-weight='bold'";
  static constexpr const char* subheading = "font-size='13' font-weight='bold'";
  static constexpr const char* decisive =
      "stroke='#b03030' stroke-width='1.5' stroke-dasharray='5 3'";

  /// One of a few, which go round.
  static std::string colour(std::size_t i) {
    static constexpr const char* colours[] = {"#b9770e", "#1f618d", "#1e8449", "#6c3483"};
    return colours[i % std::size(colours)];
  }
  static std::string fill(std::size_t i) { return "fill='" + colour(i) + "'"; }

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
  void shape(const std::vector<Point>& corners, const std::string& style) {
    body_ += "<path d='" + path(corners) + " Z' " + style + "/>\n";
  }
  void curve(const std::vector<Point>& points, const std::string& colour) {
    body_ +=
        "<path d='" + path(points) + "' fill='none' stroke='" + colour + "' stroke-width='1.6'/>\n";
  }

  /// The whole file, so high.
  std::string file(double height, std::string_view title) const {
    const std::string size = "width='" + number(width) + "' height='" + number(height) + "'";
    return "<?xml version='1.0' encoding='UTF-8'?>\n<svg xmlns='http://www.w3.org/2000/svg' " +
           size + " viewBox='0 0 " + number(width) + " " + number(height) +
           "' font-family='sans-serif' font-size='12'>\n<title>" + escaped(title) +
           "</title>\n<rect " + size + " fill='white'/>\n" + body_ + "</svg>\n";
  }

 private:
  static std::string number(double x) { return short_decimal(x, 7); }
  static std::string path(const std::vector<Point>& points) {
    std::string text;
    for (const auto& [x, y] : points)
      text += (text.empty() ? "M" : " L") + number(x) + " " + number(y);
    return text;
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

  std::string body_;
};

}  // namespace shardbound::inline v0::cli
