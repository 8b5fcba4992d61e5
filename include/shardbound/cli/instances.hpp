// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Lists of instances as VNN-COMP writes them - network, property, time limit in seconds, one a line - and the
// table of what was found for them, which is written as it grows.

#include <shardbound/cli/checks.hpp>
#include <shardbound/core/errors.hpp>
#include <shardbound/io/file.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

struct InstanceLine {
  std::string benchmark;          ///< the folder of its list
  std::string network, property;  ///< paths, from where the program runs
  double limit = 0;               ///< seconds; 0: none
};

namespace detail {

inline std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line)
    if (c == ',')
      fields.emplace_back();
    else if (c != '\r')
      fields.back() += c;
  for (std::string& field : fields) {
    field.erase(0, field.find_first_not_of(" \t"));
    field.erase(field.find_last_not_of(" \t") + 1);
  }
  return fields;
}

/// All of a file. Throws FormatError if it cannot be read.
inline std::string contents_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (!in.is_open() || in.bad()) throw FormatError(path + ": cannot be read");
  return text;
}

/// Calls use(number, fields) for every line that is not empty.
template <class Use>
void for_each_line(const std::string& text, const Use& use) {
  std::istringstream in(text);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto fields = fields_of(line);
    if (fields.size() > 1 || !fields.front().empty()) use(number, fields);
  }
}

}  // namespace detail

/// Paths of a list are from its own folder. Throws FormatError naming the line.
inline std::vector<InstanceLine> read_instances(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(path).parent_path();
  const std::string benchmark =
      fs::absolute(path).lexically_normal().parent_path().filename().string();
  std::vector<InstanceLine> all;
  detail::for_each_line(
      detail::contents_of(path), [&](std::size_t number, const std::vector<std::string>& fields) {
        const std::string who = path + ": line " + std::to_string(number) + ": ";
        if (fields.size() != 2 && fields.size() != 3)
          throw FormatError(who + "has " + std::to_string(fields.size()) +
                            " fields where network, property and seconds belong");
        InstanceLine one{benchmark, (folder / fields[0]).lexically_normal().string(),
                         (folder / fields[1]).lexically_normal().string(), 0};
        if (fields.size() == 3 && (!detail::read_number(fields[2], one.limit) || !(one.limit >= 0)))
          throw FormatError(who + "'" + fields[2] + "' is no number of seconds");
        all.push_back(std::move(one));
      });
  if (all.empty()) throw FormatError(path + ": holds no instances");
  return all;
}

/// Verdicts by benchmark, and the file that they are written to, line by line, if there is one.
class InstanceTable {
 public:
  static constexpr std::array<const char*, 5> answers = {"unsat", "sat", "unknown", "timeout",
                                                         "error"};

  InstanceTable() = default;
  /// What `path` holds already counts as found, but for a line at its end that a program was stopped in: that is cut
  /// off. Throws FormatError if it is no such table, which is left alone.
  explicit InstanceTable(std::string path) : path_(std::move(path)) {
    if (!std::filesystem::exists(path_)) return;
    std::string text = detail::contents_of(path_);
    const std::size_t end = text.rfind('\n');
    if (end != text.npos) text.resize(end + 1);
    detail::for_each_line(text, [&](std::size_t number, const std::vector<std::string>& fields) {
      double seconds = 0;
      if (fields.size() != 5 || !detail::read_number(fields[4], seconds) ||
          std::find(answers.begin(), answers.end(), fields[3]) == answers.end() || end == text.npos)
        throw FormatError(path_ + ": line " + std::to_string(number) +
                          ": is no line of results (benchmark,network,property,verdict,seconds). "
                          "Fix: name another file");
      found_.insert({fields[1], fields[2]});
      count(fields[0], fields[3], seconds);
    });
    std::filesystem::resize_file(path_, text.size());
  }

  bool has(const InstanceLine& one) const { return found_.contains({one.network, one.property}); }
  /// Throws ArgumentError if the file cannot be written.
  void add(const InstanceLine& one, const std::string& answer, double seconds) {
    count(one.benchmark, answer, seconds);
    if (path_.empty()) return;
    std::ofstream out(path_, std::ios::app);
    out << one.benchmark << ',' << one.network << ',' << one.property << ',' << answer << ','
        << seconds << '\n';
    out.close();
    if (!out) throw ArgumentError(path_ + ": cannot be written");
  }

  struct Sums {
    std::array<std::size_t, 5> counts{};  // as in `answers`
    double seconds = 0;
  };
  const std::map<std::string, Sums>& by_benchmark() const { return sums_; }

 private:
  void count(const std::string& benchmark, const std::string& answer, double seconds) {
    Sums& sums = sums_[benchmark];
    sums.seconds += seconds;
    for (std::size_t i = 0; i < answers.size(); ++i) sums.counts[i] += answer == answers[i];
  }

  std::string path_;
  std::set<std::pair<std::string, std::string>> found_;
  std::map<std::string, Sums> sums_;
};

}  // namespace shardbound::inline v0::cli
