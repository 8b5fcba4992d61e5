// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/add_option.hpp>

using namespace shardbound;

namespace {

struct Words {
  CLI::App app;
  std::string word = "soup", other = "one", file;
  int count = 3;
  CLI::Option* words =
      cli::detail::add_choice(app, "--word", word, {"soup", "salad"}, "what there is", {"steak"});
  CLI::Option* only = cli::detail::add_choice(app, "--only", other, {"one"}, "no choice");
  CLI::Option* number =
      cli::detail::add(app, "--count", count, "N", "how many", cli::whole_number(1, 9));
  CLI::Option* name = cli::detail::add(app, "--file", file, "FILE", "where it goes");

  /// Why the words are refused; empty: they are not.
  std::string parse(std::vector<std::string> words_of_line) {
    std::vector<const char*> argv = {"program"};
    for (const auto& one : words_of_line) argv.push_back(one.c_str());
    try {
      app.parse(static_cast<int>(argv.size()), argv.data());
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  }
};

}  // namespace

TEST_CASE("an option shows what it takes and what it is without being given") {
  const Words line;
  CHECK(line.words->get_option_text() == "WORD");
  CHECK(line.words->get_description() == "soup or salad: what there is");
  CHECK(line.words->get_default_str() == "soup");
  CHECK(line.number->get_option_text() == "N");
  CHECK(line.number->get_description() == "how many");
  CHECK(line.number->get_default_str() == "3");
  CHECK(line.name->get_option_text() == "FILE");
  CHECK(line.name->get_default_str().empty());
}

TEST_CASE("an option without a choice is understood, and not shown") {
  Words line;
  CHECK(line.only->get_group().empty());
  CHECK_FALSE(line.words->get_group().empty());
  CHECK(line.parse({"--only", "one"}).empty());
  CHECK(Words().parse({"--only", "two"}).ends_with("there is no 'two', only one"));
}

TEST_CASE("what is given is checked, and written as it is meant") {
  Words line;
  CHECK(line.parse({"--word", "steak", "--count", "007", "--file", "a b"}).empty());
  CHECK(line.word == "steak");  // understood, though not offered
  CHECK(line.count == 7);
  CHECK(line.file == "a b");
  CHECK(Words().parse({"--word", "sup"}) ==
        "--word: there is no 'sup', only soup and salad; did you mean soup?");
  CHECK(Words().parse({"--count", "10"}) == "--count: '10' is no whole number from 1 to 9");
}
