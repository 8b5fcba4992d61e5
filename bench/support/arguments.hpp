// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Options of a bench: pairs of a name and a value, which is a number, a word, or several of them with commas.

#include <shardbound/core/errors.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound_bench {

class Arguments {
 public:
  struct Option {
    std::string name, text;
  };

  /// Throws ArgumentError on an option that there is not.
  Arguments(int argc, char** argv, std::vector<Option> options) : options_(std::move(options)) {
    for (int i = 1; i < argc; i += 2) {
      const std::string name = argv[i];
      wants_help_ = wants_help_ || name == "--help";
      if (wants_help_) return;
      const auto is_it = [&](const Option& option) { return option.name == name; };
      if (std::none_of(options_.begin(), options_.end(), is_it))
        throw shardbound::ArgumentError(name + ": there is no such option. Fix: see --help");
      if (i + 1 == argc) throw shardbound::ArgumentError(name + " wants a value");
      values_[name] = argv[i + 1];
    }
  }

  /// If help was asked for, it is printed.
  bool print_help(const char* what) const {
    if (!wants_help_) return false;
    std::printf("%s\n\n", what);
    for (const Option& option : options_)
      std::printf("  %-14s %s\n", option.name.c_str(), option.text.c_str());
    return true;
  }

  // What is not given stays as it is.
  void read(const std::string& name, std::string& word) const {
    if (const auto found = values_.find(name); found != values_.end()) word = found->second;
  }
  void read(const std::string& name, int& number) const {
    if (values_.contains(name)) number = number_of(name, values_.at(name));
  }
  void read(const std::string& name, std::vector<std::string>& words) const {
    if (values_.contains(name)) words = parts(values_.at(name));
  }
  void read(const std::string& name, std::vector<int>& numbers) const {
    if (!values_.contains(name)) return;
    numbers.clear();
    for (const std::string& part : parts(values_.at(name)))
      numbers.push_back(number_of(name, part));
    if (numbers.empty()) throw shardbound::ArgumentError(name + " names no number");
  }
  /// The same of words that must be among these.
  void read(const std::string& name, std::vector<std::string>& words,
            const std::vector<std::string>& among) const {
    read(name, words);
    for (const std::string& word : words)
      if (std::find(among.begin(), among.end(), word) == among.end())
        throw shardbound::ArgumentError(name + ": there is no " + word + ". Fix: one or more of " +
                                        joined(among));
  }

  static std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
  }

 private:
  static std::vector<std::string> parts(const std::string& list) {
    std::vector<std::string> found;
    std::istringstream stream(list);
    for (std::string part; std::getline(stream, part, ',');) found.push_back(part);
    return found;
  }
  static int number_of(const std::string& name, std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1)
      throw shardbound::ArgumentError(name + " wants positive numbers, not '" + std::string(text) +
                                      "'");
    return number;
  }

  std::vector<Option> options_;
  std::map<std::string, std::string> values_;
  bool wants_help_ = false;
};

}  // namespace shardbound_bench
