// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A search as a drawing: what it has bounded, what waits, what is refuted and how far the worst bound is from a proof,
// each over the seconds since verifying began.

#include <shardbound/cli/axis.hpp>
#include <shardbound/cli/search_trace.hpp>
#include <shardbound/cli/svg.hpp>
#include <shardbound/core/decimal.hpp>
#include <shardbound/verify/verdict.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace shardbound::inline v0::cli {

/// "1 domain", "1234 domains"
inline std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// What became of a question, in a sentence.
inline std::string search_sentence(const SearchTrace& trace, const Verdict& verdict) {
  if (trace.rounds() > 0)
    return counted(verdict.search.domains, "domain") + " in " + counted(trace.rounds(), "round") +
           (trace.searches() == 1 ? "" : ", " + counted(trace.searches(), "region") + " in turn") +
           "; " + counted(verdict.refuted, "clause") + " of " + std::to_string(verdict.clauses) +
           " refuted.";
  switch (verdict.answer) {
    case Verdict::Answer::unsat: return "Decided without a search: bounds refute every clause.";
    case Verdict::Answer::sat: return "Decided without a search: a counterexample was found.";
    case Verdict::Answer::unknown:
      return "There was no search, and bounds and points leave it open.";
    case Verdict::Answer::timeout: return "The time was over before the first round of a search.";
  }
  return "";
}

namespace detail {

class SearchAsSvg {
 public:
  explicit SearchAsSvg(const SearchTrace& trace) : trace_(&trace) {}

  std::string write(const std::string& subject, const Verdict& verdict, double seconds) {
    const std::string title = subject + ": " + std::string(to_string(verdict.answer)) + " after " +
                              short_decimal(seconds, 3) + " s";
    svg_.text(Svg::margin, y_ += 28, title, Svg::heading);
    svg_.text(Svg::margin, y_ += 20, search_sentence(*trace_, verdict), Svg::quiet);
    if (trace_->points().empty()) return svg_.file(y_ + 20, title);
    time_ = {0, std::max(seconds, trace_->points().back().seconds)};
    if (!(time_.last > 0)) time_.last = 1e-3;
    legend(seconds);
    using Point = SearchTrace::Point;
    const auto domains = [](const Point& at) { return static_cast<double>(at.domains); };
    const auto open = [](const Point& at) { return static_cast<double>(at.open); };
    const auto share = [](const Point& at) { return 100 * at.share; };
    const auto distance = [](const Point& at) { return std::log10(-at.worst); };
    const double top = y_ + 8;
    panel("domains bounded so far", domains, {0, most_of(domains)});
    panel("domains open", open, {0, most_of(open)});
    panel("refuted, % of the region", share, {0, 100});
    panel("how far the worst bound is from a proof (logarithmic)", distance, distance_axis(),
          Scale::logarithmic);
    time_axis(top, seconds);
    return svg_.file(y_, title);
  }

 private:
  enum class Scale { linear, logarithmic };

  static constexpr double left = 90, right = 980, height = 110, gap = 40;

  double across(double seconds) const { return left + time_.part(seconds) * (right - left); }
  static std::string label(double number, const Axis& axis) {
    return short_decimal(number, std::max(axis.digits(), 7));
  }
  template <class Number>
  double most_of(const Number& number) const {
    double most = 1;
    for (const auto& point : trace_->points()) most = std::max(most, number(point));
    return most;
  }
  // Of the logarithms, with what is nearly or quite a proof at its lower end.
  Axis distance_axis() const {
    constexpr double most_decades = 6;
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const auto& point : trace_->points()) {
      if (!(point.worst < 0) || !std::isfinite(point.worst)) continue;
      least = std::min(least, std::log10(-point.worst));
      most = std::max(most, std::log10(-point.worst));
    }
    if (!(least <= most)) return {-1, 1};
    const double short_of = std::max(0.0, 0.8 - (most - least));  // so that there are labels
    most += short_of / 2;
    least -= short_of / 2;
    return {std::max(least, most - most_decades) - 0.1, most + 0.1};
  }

  void legend(double seconds) {
    y_ += 24;
    double x = Svg::margin;
    const auto entry = [&](const std::string& words, double room) {
      svg_.text(x + 24, y_, words);
      x += room;
    };
    svg_.curve({{x, y_ - 4}, {x + 18, y_ - 4}}, Svg::colour(1));
    entry("the search, round by round", 210);
    svg_.rectangle(x, y_ - 9, 18, 9, shade);
    entry("before and after it: bounds of whole boxes, points", 340);
    svg_.stroke(x, y_ - 4, x + 18, y_ - 4, Svg::decisive);
    entry("the verdict, after " + short_decimal(seconds, 3) + " s", 0);
  }

  template <class Number>
  void panel(const std::string& title, const Number& number, const Axis& axis,
             Scale scale = Scale::linear) {
    const bool logarithmic = scale == Scale::logarithmic;
    svg_.text(left, y_ += gap, title, Svg::subheading);
    const double top = y_ + 8, bottom = top + height;
    const auto up = [&](double value) { return bottom - axis.part(value) * height; };
    const double begins = across(trace_->began()), ends = across(trace_->points().back().seconds);
    svg_.rectangle(left, top, begins - left, height, shade);
    svg_.rectangle(ends, top, right - ends, height, shade);
    for (const double tick : logarithmic ? log_ticks_of(axis) : ticks_of(axis, 4)) {
      svg_.stroke(left, up(tick), right, up(tick), Svg::pale);
      svg_.text(left - 8, up(tick) + 4, label(logarithmic ? std::pow(10, tick) : tick, axis),
                "text-anchor='end' fill='#666666'");
    }
    for (const double tick : ticks_of(time_))
      svg_.stroke(across(tick), top, across(tick), bottom, Svg::pale);
    svg_.stroke(left, bottom, right, bottom, Svg::ink);
    std::vector<Svg::Point> points;
    const auto draw = [&] {
      if (points.size() == 1) points.push_back({points[0].first + 2, points[0].second});
      if (!points.empty()) svg_.curve(points, Svg::colour(1));
      points.clear();
    };
    for (const auto& point : trace_->points())
      if (std::isfinite(point.worst) || !logarithmic)
        points.push_back({across(point.seconds), up(number(point))});
      else
        draw();  // a bound that overflowed has no place
    draw();
    y_ = bottom;
  }

  // Below all panels; the verdict's line goes through them.
  void time_axis(double top, double seconds) {
    svg_.stroke(across(seconds), top, across(seconds), y_, Svg::decisive);
    for (const double tick : ticks_of(time_)) {
      svg_.stroke(across(tick), y_, across(tick), y_ + 5, Svg::ink);
      svg_.text(across(tick), y_ + 18, label(tick, time_), "text-anchor='middle' fill='#666666'");
    }
    svg_.text((left + right) / 2, y_ += 38, "seconds since verifying began",
              "text-anchor='middle' fill='#666666'");
    y_ += 16;
  }

  static constexpr const char* shade = "fill='#f1f1ee'";

  const SearchTrace* trace_;
  Svg svg_;
  double y_ = 0;
  Axis time_;
};

}  // namespace detail

/// The whole file, about a question that was answered after so many seconds.
inline std::string svg_text(const SearchTrace& trace, const std::string& subject,
                            const Verdict& verdict, double seconds) {
  return detail::SearchAsSvg(trace).write(subject, verdict, seconds);
}

}  // namespace shardbound::inline v0::cli
