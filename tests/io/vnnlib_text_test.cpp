// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/vnnlib_text.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace shardbound;
using vnnlib::Atom;
using vnnlib::Atoms;
using vnnlib::Formula;

const std::string declared =
    "(declare-const X_0 Real)(declare-const X_1 Real)"
    "(declare-const Y_0 Real)(declare-const Y_1 Real)\n";

Formula parsed(const std::string& text) { return vnnlib::parse(declared + text, "p"); }

std::string refusal(const std::string& text) {
  try {
    vnnlib::parse(text, "p");
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}

std::string refused(const std::string& text) { return refusal(declared + text); }

}  // namespace

TEST_CASE("comparisons are normalised, whichever side and operator") {
  const auto atom = [](const std::string& text) {
    return parsed("(assert " + text + ")").atoms.at(0);
  };
  for (const char* text : {"(<= X_1 0.5)", "(<= X_1 5e-1)", "(>= .5 X_1)", "(>= +0.5 X_1)"}) {
    CHECK(atom(text).kind == Atom::Kind::input_upper);
    CHECK(atom(text).input == 1);
    CHECK(atom(text).bound == 0.5);
    CHECK(atom(text).line == 2);
  }
  for (const char* text : {"(>= X_1 -2)", "(<= -2.0 X_1)", "(>= X_1 (- 2))"}) {
    CHECK(atom(text).kind == Atom::Kind::input_lower);
    CHECK(atom(text).bound == -2);
  }
  for (const char* text : {"(<= Y_0 Y_1)", "(>= Y_1 Y_0)"}) {
    CHECK(atom(text).kind == Atom::Kind::output);
    CHECK(atom(text).plus == 0);
    CHECK(atom(text).minus == 1);
    CHECK(atom(text).bound == 0);
  }
  CHECK(atom("(>= Y_0 3)").minus == 0);
  CHECK(atom("(>= Y_0 3)").plus == Atom::absent);
  CHECK(atom("(>= Y_0 3)").bound == -3);
  CHECK(atom("(<= Y_0 3)").plus == 0);
  CHECK(atom("(<= Y_0 3)").bound == 3);
}

TEST_CASE("comments, line ends and spaces are where they like to be") {
  const Formula formula = parsed("; (assert (nonsense\n( assert;comment\r\n\t(<= Y_0\n\n Y_1 ) )");
  CHECK(formula.atoms.at(0).line == 6);
  CHECK(formula.last_line == 6);
  CHECK(parsed("; a comment at the very end").atoms.empty());
}

TEST_CASE("a line ends in LF, CR LF or CR, also after a comment and inside an assertion") {
  const std::string text =
      declared +
      "(assert (<= X_0 1)) ; (assert (nonsense\n"  // line 2; declared is line 1
      "; another comment\n"
      "\n"
      "(assert ; (and\n"
      "  (<= Y_0\n"
      "      Y_1))\n"
      "(assert (<= X_1 2))";
  const auto with = [&](const std::vector<std::string>& ends) {
    std::string out;
    std::size_t line = 0;
    for (const char c : text) {
      if (c == '\n')
        out += ends[line++ % ends.size()];
      else
        out += c;
    }
    return out;
  };
  // A CR right before an LF would be one end, so of mixed ones none follow each other like that.
  for (const auto& ends : std::vector<std::vector<std::string>>{
           {"\n"}, {"\r"}, {"\r\n"}, {"\n", "\r", "\r\n"}, {"\r", "\r\n"}, {"\r\n", "\n"}}) {
    CAPTURE(ends.size());
    const Formula formula = vnnlib::parse(with(ends), "p");
    REQUIRE(formula.atoms.size() == 3);
    CHECK(formula.atoms[0].line == 2);
    CHECK(formula.atoms[1].line == 7);
    CHECK(formula.atoms[2].line == 8);
    CHECK(formula.last_line == 8);
    CHECK(refusal(with(ends) + ends[0] + "(assert (<= X_0 oops))") ==
          "p:9: 'oops' is neither a declared variable nor a number");
    CHECK(refusal(with(ends) + ends[0] + ends[0] + "(assert").starts_with("p:10: the file ends"));
    CHECK(vnnlib::parse(with(ends) + ";" + ends[0], "p").last_line == 9);
    CHECK(vnnlib::parse(with(ends) + ";", "p").last_line == 8);
  }
}

TEST_CASE("and, or and several assertions are multiplied out in file order") {
  const Formula formula = parsed(
      "(assert (<= X_0 1))"                                   // 0
      "(assert (or (<= Y_0 1) (and (<= Y_0 2) (<= Y_1 3))))"  // 1 | 2 3
      "(assert (and (<= X_1 4) (<= X_1 5)))"                  // 4 5
      "(assert (or (and (<= Y_1 6)) (<= Y_1 7)))");           // 6 | 7
  CHECK(formula.common == Atoms{0, 4, 5});
  CHECK(formula.alternatives == std::vector<Atoms>{{1, 6}, {1, 7}, {2, 3, 6}, {2, 3, 7}});
  const Formula nested = parsed(
      "(assert (and (<= Y_0 0) (or (<= Y_0 1) (or (<= Y_0 2) (and (<= Y_0 3) (or (<= Y_0 4) (<= "
      "Y_0 5)))))"
      " (<= Y_0 6)))");
  CHECK(nested.alternatives ==
        std::vector<Atoms>{{0, 1, 6}, {0, 2, 6}, {0, 3, 4, 6}, {0, 3, 5, 6}});
  CHECK(parsed("(assert (or (<= Y_0 1)))").alternatives == std::vector<Atoms>{{}});
}

TEST_CASE("declarations are complete and unique") {
  CHECK(refusal("(declare-const X_0 Real)(declare-const X_0 Real)") ==
        "p:1: 'X_0' is declared twice");
  CHECK(refusal("(declare-const X_1 Real)\n(declare-const Y_0 Real)") ==
        "p:2: X_0 is not declared although X_1 is");
  CHECK(refusal("(declare-const X_0 Real)") == "p:1: no output Y_j is declared");
  CHECK(refusal("(declare-const Y_0 Real)") == "p:1: no input X_i is declared");
  CHECK(refusal("") == "p:1: no input X_i is declared");
  CHECK(refusal("(declare-const X_0 Int)").find("of type 'Int'") != std::string::npos);
  CHECK(refusal("(declare-const X_99999999999 Real)").find("too large") != std::string::npos);
  for (const char* name : {"Z_0", "X_", "X0", "X_01", "X_-1", "X_1a", "x_0", "X"})
    CHECK(refusal("(declare-const " + std::string(name) + " Real)").find("is neither an input") !=
          std::string::npos);
}

TEST_CASE("variables are declared before they are used") {
  CHECK(refused("(assert\n (<= X_2 1))") == "p:3: 'X_2' is not declared");
  CHECK(refused("(assert (<= Y_7 Y_0))") == "p:2: 'Y_7' is not declared");
  CHECK(refused("(assert (<= X_00 1))") == "p:2: 'X_00' is not declared");
  CHECK(refused("(assert (<= Z 1))") == "p:2: 'Z' is neither a declared variable nor a number");
}

TEST_CASE("comparisons that mean nothing here are refused") {
  CHECK(refused("(assert (<= X_0 X_1))") == "p:2: an input X_i can only be compared with a number");
  CHECK(refused("(assert (>= X_0 Y_1))") == "p:2: an input X_i can only be compared with a number");
  CHECK(refused("(assert (<= Y_1 Y_1))") == "p:2: Y_1 is compared with itself");
  CHECK(refused("(assert (<= 1 2))").find("two numbers") != std::string::npos);
  CHECK(refused("(assert (<= Y_0 (+ Y_1 1)))").find("arithmetic") != std::string::npos);
  CHECK(refused("(assert (<= Y_0 1 2))").find("')' (the end of the term) is wanted where '1'") ==
        std::string::npos);
  CHECK(refused("(assert (<= Y_0 1 2))").find("is wanted where '2' stands") != std::string::npos);
  CHECK(refused("(assert (<= Y_0))").find("a variable or number is wanted where ')'") !=
        std::string::npos);
}

TEST_CASE("numbers are finite decimals") {
  for (const char* number : {"nan", "inf", "-inf", "NaN", "-nan"})
    CHECK(refused("(assert (<= Y_0 " + std::string(number) + "))").find("is not a finite number") !=
          std::string::npos);
  for (const char* number : {"1e999", "-1e999", "1e-999"})
    CHECK(refused("(assert (<= Y_0 " + std::string(number) + "))").find("beyond the range") !=
          std::string::npos);
  for (const char* number : {"1.5x", "0x10", "1,5", "--1", "+-1", "+", "-", "1e", "."})
    CHECK(refused("(assert (<= Y_0 " + std::string(number) + "))").find("nor a number") !=
          std::string::npos);
}

TEST_CASE("a file that ends inside a statement is said to end early, in its last line") {
  const std::string statement =
      "(assert (or\n (and (<= Y_0 1.5) (>= Y_1 (- 2))) ; which\n (<= Y_0 Y_1)))";
  for (std::size_t cut = 1; cut < statement.size(); ++cut) {
    const std::string said = refused(statement.substr(0, cut));
    const auto lines = std::count(statement.begin(), statement.begin() + cut, '\n');
    INFO(statement.substr(0, cut) << ": " << said);
    CHECK(said.starts_with("p:" + std::to_string(2 + lines) + ": the file ends early"));
  }
  CHECK(refused("(assert (<= Y_0 1.") == "p:2: the file ends early, after '1.'");
  CHECK(refused("(assert ") ==
        "p:2: the file ends early: '(' (a comparison, and, or) is wanted; "
        "a parenthesis is not closed");
}

TEST_CASE("unknown words and unbalanced parentheses are refused with their line") {
  CHECK(refused("(assert (=> (<= Y_0 1) (<= Y_1 1)))").starts_with("p:2: '=>' is not supported; "));
  CHECK(refused("(assert (not (<= Y_0 1)))").starts_with("p:2: 'not' is not supported; "));
  CHECK(refused("(check-sat)").starts_with("p:2: 'check-sat' is not a known command"));
  CHECK(refused("(assert (<= Y_0 1)\n\n").find("a parenthesis is not closed") != std::string::npos);
  CHECK(refused("(assert (<= Y_0 1)\n\n").starts_with("p:4: "));
  CHECK(refused("(assert (<= Y_0 1))\n)") == "p:3: '(' (a statement) is wanted where ')' stands");
  CHECK(refused("garbage").find("is wanted where 'garbage' stands") != std::string::npos);
  CHECK(refused("(assert)").find("wanted where ')' stands") != std::string::npos);
  CHECK(refused("(assert (and))") == "p:2: an 'and' of nothing has no meaning");
  CHECK(refused("(assert (or))") == "p:2: an 'or' of nothing has no meaning");
  CHECK(refused("()").find("a command is wanted where ')' stands") != std::string::npos);
  CHECK(refused(std::string("(assert \0)", 10)).find("where '?' stands") != std::string::npos);
}

TEST_CASE("a text cut at any byte is refused or whole") {
  const std::string whole = declared + "(assert (or (and (<= X_0 1) (>= Y_0 Y_1)) (<= Y_0 0.5)))";
  for (std::size_t cut = declared.size() + 1; cut < whole.size(); ++cut)
    CHECK_FALSE(refusal(whole.substr(0, cut)).empty());
  CHECK(refusal(whole).empty());
}

TEST_CASE("what ors multiply out to is bounded, and so is depth") {
  std::string many;
  for (int i = 0; i < 17; ++i) many += "(assert (or (<= Y_0 1) (<= Y_1 1)))\n";
  CHECK(refused(many).find("more than 100000 alternatives") != std::string::npos);
  std::string wide = "(assert (and ";
  for (int i = 0; i < 10'000; ++i) wide += "(<= Y_0 1)";
  wide += "(or ";
  for (int i = 0; i < 10'000; ++i) wide += "(<= Y_0 1)";
  CHECK(refused(wide + ")))").find("hold more than") != std::string::npos);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "(and ";
  CHECK(refused("(assert " + deep).find("nested too deeply") != std::string::npos);
}

TEST_CASE("a strict comparison is refused: its edge would be a false counterexample") {
  for (const char* text : {"(assert (< Y_0 0.0))", "(assert (> Y_0 0.0))"})
    CHECK_THROWS_WITH_AS(
        shardbound::vnnlib::parse(
            std::string("(declare-const X_0 Real)(declare-const Y_0 Real)") + text, "p.vnnlib"),
        doctest::Contains("strict comparison"), shardbound::FormatError);
}
