// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What is being done, for a person who watches: one line that is overwritten by the next and is gone when
// the work is. Where nobody watches, nothing is written and no clock is read.

#include <shardbound/core/context.hpp>
#include <shardbound/verify/search_progress.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iomanip>
#include <iostream>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace shardbound::inline v0::cli {

/// "12 s", "3:07 min", "1:02:33 h"
inline std::string time_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  const auto two = [](std::int64_t number) {
    return (number < 10 ? ":0" : ":") + std::to_string(number);
  };
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + two(whole % 60) + " min";
  return std::to_string(whole / 3600) + two(whole / 60 % 60) + two(whole % 60) + " h";
}

/// "node 3 (ReLU), wave 2 of 5, 512 of 2400 rows done"; `name` describes a node.
inline std::string progress_text(const Progress& progress,
                                 const std::function<std::string(int)>& name) {
  if (progress.node == 0) return "trying points";
  std::string text =
      name ? name(progress.node) : std::string("node ") + std::to_string(progress.node);
  if (progress.iteration > 0)
    text = "evaluation " + std::to_string(progress.iteration) + " of " +
           std::to_string(progress.iterations) + ", " + text;
  if (progress.rows == 0) return text + ", intervals";
  return text + ", wave " + std::to_string(progress.wave) + " of " +
         std::to_string(progress.waves) + ", " + std::to_string(progress.done) + " of " +
         std::to_string(progress.rows) + " rows done";
}

/// "1234 domains (410 a second), 56 open, 12.3 % refuted, worst bound -0.031"
inline std::string progress_text(const SearchProgress& search, double seconds) {
  std::ostringstream text;
  text << search.domains << " domains";
  if (seconds > 0)
    text << " (" << std::llround(static_cast<double>(search.domains) / seconds) << " a second)";
  text << ", " << search.open << " open, " << std::fixed << std::setprecision(1)
       << 100 * search.share << " % refuted";
  if (std::isfinite(search.worst) && search.worst < 0)
    text << ", worst bound " << std::defaultfloat << std::setprecision(2) << search.worst;
  return text.str();
}

/// The line, with the time since it was made. stage(), see() and end() are called by one thread; a second one
/// keeps the time on it going.
class ProgressLine : public Observer {
 public:
  using Clock = std::function<double()>;  ///< seconds since whenever

  /// On standard error, if that is a terminal and this is rank 0, which speaks for all.
  explicit ProgressLine(int rank) {
    // Nobody here sets it. NOLINTNEXTLINE(concurrency-mt-unsafe)
    const char* const terminal = std::getenv("TERM");
    if (rank != 0 || isatty(STDERR_FILENO) == 0 || !terminal ||
        terminal == std::string_view("dumb"))
      return;
    winsize size = {};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    watch(std::cerr, known ? size.ws_col : 80, [] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
          .count();
    });
    keep_ticking(std::chrono::milliseconds(500));
  }
  /// On a screen of so many columns, whatever it is; the time goes on by itself if there is a period.
  ProgressLine(std::ostream& out, std::size_t columns, Clock seconds,
               std::chrono::milliseconds period = {}) {
    watch(out, columns, std::move(seconds));
    if (period.count() > 0) keep_ticking(period);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() override {
    end();
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    wake_.notify_all();
    if (ticker_.joinable()) ticker_.join();
  }

  /// Begins something. `name` describes nodes.
  void stage(const std::string& what, std::function<std::string(int)> name = nullptr) {
    if (!out_) return;
    const std::lock_guard lock(mutex_);
    stage_ = what;
    searched_.reset();
    detail_.clear();
    name_ = std::move(name);
    follow();
  }
  /// Takes the line away: what was done is over, or something else is about to be written.
  void end() {
    const std::lock_guard lock(mutex_);
    if (drawn_) *out_ << "\r\033[K" << std::flush;
    drawn_ = false;
  }
  void see(const Progress& progress) override {
    if (!out_) return;
    const std::lock_guard lock(mutex_);
    detail_ = progress_text(progress, name_);
    follow();
  }

  void see_search(const SearchProgress& search) {
    if (!out_) return;
    const std::lock_guard lock(mutex_);
    if (searched_ != search.region) search_began_ = seconds_();
    searched_ = search.region;
    detail_ = progress_text(search, seconds_() - search_began_);
    follow();
  }

 private:
  void watch(std::ostream& out, std::size_t columns, Clock seconds) {
    out_ = &out;
    columns_ = columns;
    seconds_ = std::move(seconds);
    began_ = seconds_();
  }
  // Ten times a second at most.
  void follow() {
    const double now = seconds_();
    if (!drawn_ || now - last_ >= 0.1) draw(now);
  }
  // One wave may take long.
  void keep_ticking(std::chrono::milliseconds period) {
    ticker_ = std::thread([this, period] {
      std::unique_lock lock(mutex_);
      while (!wake_.wait_for(lock, period, [this] { return over_; }))
        if (drawn_) draw(seconds_());
    });
  }
  // One column stays free, or some terminals wrap; names come from files and may hold anything.
  void draw(double now) {
    std::string text = "[" + time_text(now - began_) + "] " + stage_;
    if (!detail_.empty()) text += ": " + detail_;
    for (char& c : text)
      if (c < ' ' || c > '~') c = '?';
    if (text.size() >= columns_) text = text.substr(0, columns_ > 4 ? columns_ - 4 : 0) + "...";
    *out_ << "\r\033[K" << text << std::flush;
    drawn_ = true;
    last_ = now;
  }

  std::ostream* out_ = nullptr;  // null: nobody watches
  std::size_t columns_ = 0;
  Clock seconds_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread ticker_;
  std::string stage_, detail_;
  std::function<std::string(int)> name_;
  double began_ = 0, last_ = 0, search_began_ = 0;
  std::optional<std::size_t> searched_;  // the region
  bool drawn_ = false, over_ = false;
};

}  // namespace shardbound::inline v0::cli
