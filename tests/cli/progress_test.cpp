// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/progress.hpp>

#include <algorithm>
#include <atomic>
#include <sstream>

using namespace shardbound;
using cli::ProgressLine;

namespace {

/// What the screen shows when all that was written has been: the last line, without what was cleared.
std::string shown(const std::ostringstream& out) {
  std::string text = out.str();
  const auto at = text.rfind("\r\033[K");
  return at == text.npos ? text : text.substr(at + 4);
}
std::string name(int node) { return "node " + std::to_string(node) + " (ReLU)"; }

}  // namespace

TEST_CASE("times as people say them") {
  CHECK(cli::time_text(0.9) == "0 s");
  CHECK(cli::time_text(59.9) == "59 s");
  CHECK(cli::time_text(187) == "3:07 min");
  CHECK(cli::time_text(3753) == "1:02:33 h");
}

TEST_CASE("evaluations are counted where slopes are optimised") {
  CHECK(cli::progress_text({.node = 3}, name) == "node 3 (ReLU), intervals");
  CHECK(cli::progress_text({3, 1, 4, 0, 900, 7, 20}, name) ==
        "evaluation 7 of 20, node 3 (ReLU), wave 1 of 4, 0 of 900 rows done");
  CHECK(cli::progress_text({3, 1, 4, 0, 900, 20, 20}, nullptr) ==
        "evaluation 20 of 20, node 3, wave 1 of 4, 0 of 900 rows done");
  CHECK(cli::progress_text({.node = 0, .iteration = 7, .iterations = 20}, name) == "trying points");
}

TEST_CASE("the line says what is done, how far it has come and since when") {
  std::ostringstream out;
  double now = 100;
  {
    ProgressLine line(out, 100, [&] { return now; });
    CHECK(out.str().empty());
    line.stage("bounding box 1 of 2", name);
    CHECK(shown(out) == "[0 s] bounding box 1 of 2");
    now += 3;
    line.see({.node = 4});
    CHECK(shown(out) == "[3 s] bounding box 1 of 2: node 4 (ReLU), intervals");
    now += 60;
    line.see({4, 2, 5, 512, 2400});
    CHECK(shown(out) ==
          "[1:03 min] bounding box 1 of 2: node 4 (ReLU), wave 2 of 5, 512 of 2400 rows done");
    now += 1;
    line.see({.node = 0});
    CHECK(shown(out) == "[1:04 min] bounding box 1 of 2: trying points");
    now += 1;
    line.stage("bounding box 2 of 2");
    CHECK(shown(out) == "[1:05 min] bounding box 2 of 2");
    now += 1;
    line.see({.node = 7});
    CHECK(shown(out) == "[1:06 min] bounding box 2 of 2: node 7, intervals");
  }
  CHECK(shown(out).empty());  // with the line itself
  CHECK(out.str().find('\n') == std::string::npos);
}

TEST_CASE("time goes on while nothing else is said, until the line ends") {
  class Screen : public std::stringbuf {
   public:
    std::atomic<int> lines = 0;

   private:
    std::streamsize xsputn(const char* text, std::streamsize size) override {
      if (size > 0 && text[0] == '\r') ++lines;
      return size;
    }
  } screen;
  std::ostream out(&screen);
  std::atomic<int> now = 0;
  ProgressLine line(
      out, 80, [&] { return now++; }, std::chrono::milliseconds(1));
  line.stage("bounding");
  for (int wait = 0; wait < 10000 && screen.lines < 5; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(screen.lines >= 5);
  line.end();
  const int when_ended = screen.lines;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(screen.lines == when_ended);
}

TEST_CASE("the line makes room for what is printed when the work is done") {
  std::ostringstream out;
  {
    ProgressLine line(out, 100, [] { return 0.0; });
    line.stage("verifying");
    line.end();
    CHECK(shown(out).empty());
    out << "unsat\n";
  }
  CHECK(shown(out) == "unsat\n");
}

TEST_CASE("the line follows ten times a second at most") {
  std::ostringstream out;
  double now = 0;
  ProgressLine line(out, 80, [&] { return now; });
  for (int node = 1; node <= 1000; ++node) {
    now = node / 1000.0;
    line.stage("bounding");  // many small boxes
    line.see({.node = node});
  }
  const std::string text = out.str();
  const auto lines = std::count(text.begin(), text.end(), '\r');
  CHECK(lines >= 10);
  CHECK(lines <= 11);
}

TEST_CASE("the line never wraps, and shows no control characters of a file") {
  std::ostringstream out;
  ProgressLine line(out, 20, [] { return 0.0; });
  line.stage("loading a network with a long name");
  CHECK(shown(out) == "[0 s] loading a ...");
  line.end();
  line.stage("\033[2J\n");
  CHECK(shown(out) == "[0 s] ?[2J?");
}

TEST_CASE("where nobody watches nothing is written") {
  std::ostringstream out;
  auto* const old = std::cerr.rdbuf(out.rdbuf());
  for (const int rank : {0, 1}) {
    ProgressLine line(rank);  // standard error of a test may be a terminal only for rank 0
    if (rank == 0 && isatty(STDERR_FILENO) != 0) continue;
    line.stage("bounding");
    line.see({.node = 3});
  }
  std::cerr.rdbuf(old);
  CHECK(out.str().empty());
}
