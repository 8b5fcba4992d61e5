// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What --help prints: how the command is called, then one entry an option, wrapped to 80 columns.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>

namespace shardbound::inline v0::cli {

/// `text` with line breaks instead of blanks so that no line is longer than `width` (but for words that
/// are); every line but the first begins with `indent` blanks, and the first is taken to.
inline std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 80) {
  std::istringstream words{std::string(text)};
  std::string out, word;
  for (std::size_t column = indent; words >> word; column += word.size()) {
    if (column + 1 + word.size() > width && column > indent) {
      out.append("\n").append(indent, ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
  }
  return out;
}

class HelpText : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const override {
    const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
    std::string text = wrapped(app->get_description(), 0) + "\n\nusage: " + name;
    if (!commands.empty()) text += " COMMAND";
    for (const CLI::Option* option : app->get_options())
      if (option->get_required()) text += " " + word_of(option);
    text += " [options]\n";
    if (!commands.empty()) text += "\ncommands (each has a --help of its own):\n";
    for (const CLI::App* command : commands)
      text += entry(command->get_name(), command->get_description());
    text += "\noptions:\n";
    for (const CLI::Option* option : app->get_options())
      if (!option->get_group().empty())
        text += entry(word_of(option), option->get_description() + default_of(option));
    if (!app->get_footer().empty()) text += "\n" + wrapped(app->get_footer(), 0) + "\n";
    return text;
  }

 private:
  static constexpr std::size_t column = 26;

  static std::string word_of(const CLI::Option* option) {
    const std::string& value = option->get_option_text();
    return option->get_name(false, true) + (value.empty() ? "" : " " + value);
  }
  static std::string default_of(const CLI::Option* option) {
    const std::string text = option->get_default_str();
    return text.empty() ? "" : " (default: " + text + ")";
  }
  static std::string entry(const std::string& what, const std::string& description) {
    std::string line = "  " + what;
    line += line.size() + 2 > column ? "\n" + std::string(column, ' ')
                                     : std::string(column - line.size(), ' ');
    return line + wrapped(description, column) + "\n";
  }
};

}  // namespace shardbound::inline v0::cli
