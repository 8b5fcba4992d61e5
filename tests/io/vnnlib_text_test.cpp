// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/vnnlib_text.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace shardbound;
using vnnlib::Atom;
using vnnlib::Atoms;
using vnnlib::Formula;
using vnnlib::Variable;

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
  for (const char* text : {"(<= X_1 0.5)", "(<= X_1 5e-1)", "(>= .5 X_1)", "(>= +0.5 X_1)",
                           "(<= (* 2 X_1) 1)", "(<= (+ X_1 0.5) 1)", "(<= (- 1) (- (* 2 X_1)))",
                           "(>= (- 0.5 X_1) 0)", "(<= (- X_1 0.25 0.25) 0)"}) {
    CAPTURE(text);
    CHECK(atom(text).kind == Atom::Kind::upper);
    CHECK(atom(text).input == 1);
    CHECK(atom(text).at.value == 0.5);
    CHECK(atom(text).at.exact());
    CHECK_FALSE(atom(text).strict);
    CHECK(atom(text).line == 2);
  }
  for (const char* text :
       {"(>= X_1 -2)", "(<= -2.0 X_1)", "(>= X_1 (- 2))", "(>= X_1 (- (- (- 2))))"}) {
    CHECK(atom(text).kind == Atom::Kind::lower);
    CHECK(atom(text).at.value == -2);
  }
  for (const char* text : {"(< X_0 3)", "(> 3 X_0)"}) CHECK(atom(text).strict);
  CHECK(atom("(<= X_0 0.1)").at.value == 0.1);
  CHECK(atom("(<= X_0 0.1)").at.side == -1);  // 0.1 as a double is a little more
  CHECK(atom("(<= X_0 1e-400)").at.side == 1);
}

TEST_CASE("rows are sparse, their terms added up and scaled to about 1 by powers of two") {
  using Entries = std::vector<std::pair<Variable, double>>;
  const auto row = [](const std::string& text) {
    const Formula formula = parsed("(assert " + text + ")");
    const Atom& atom = formula.atoms.at(0);
    CHECK(atom.kind == Atom::Kind::row);
    CHECK(formula.coefficients.size() == atom.count);
    return std::make_pair(formula.coefficients, atom.rhs);
  };
  const Variable a = Variable::column(0), b = Variable::column(1), x = Variable::input(0);
  for (const char* text :
       {"(<= Y_0 Y_1)", "(>= Y_1 Y_0)", "(<= (- Y_0 Y_1) 0)", "(>= 0 (- Y_0 Y_1))"})
    CHECK(row(text) == std::make_pair(Entries{{a, 1}, {b, -1}}, 0.0));
  CHECK(row("(>= Y_0 3)") == std::make_pair(Entries{{a, -1}}, -3.0));
  CHECK(row("(<= Y_0 3)") == std::make_pair(Entries{{a, 1}}, 3.0));
  CHECK(row("(<= (- Y_0) 3)") == std::make_pair(Entries{{a, -1}}, 3.0));
  CHECK(row("(<= (+ Y_0 (* 2.0 Y_1)) 1)") == std::make_pair(Entries{{a, 0.5}, {b, 1}}, 0.5));
  CHECK(row("(<= (* 2 (+ Y_0 1) 3) (- Y_0 Y_1))") ==
        std::make_pair(Entries{{a, 1.25}, {b, 0.25}}, -1.5));
  CHECK(row("(>= Y_1 X_0)") == std::make_pair(Entries{{b, -1}, {x, 1}}, 0.0));
  CHECK(row("(<= X_0 X_1)") == std::make_pair(Entries{{x, 1}, {Variable::input(1), -1}}, 0.0));
  CHECK(row("(<= (* 0.1 Y_0) 0.3)") == std::make_pair(Entries{{a, 1}}, 3.0));
  CHECK(parsed("(assert (> Y_0 Y_1))").atoms.at(0).strict);
}

TEST_CASE("equality is two comparisons") {
  const Formula input = parsed("(assert (= X_0 0.5))");
  REQUIRE(input.atoms.size() == 2);
  CHECK(input.common == Atoms{0, 1});
  CHECK(input.atoms[0].kind != input.atoms[1].kind);
  CHECK(parsed("(assert (= Y_0 Y_1))").coefficients.size() == 4);
}

TEST_CASE("what is always true is not kept, and what never is leaves no alternative") {
  CHECK(parsed("(assert (<= 1 2))").alternatives == std::vector<Atoms>{{}});
  CHECK(parsed("(assert (<= Y_1 Y_1))").atoms.empty());
  CHECK(parsed("(assert (< Y_1 Y_1))").alternatives.empty());
  CHECK(parsed("(assert (or (<= 2 1) (and (<= Y_0 1) (<= 0.3 (+ 0.1 0.2)))))").common == Atoms{0});
  CHECK(parsed("(assert (or (<= 2 1) (and (<= Y_0 1) (<= 0.31 0.3))))").alternatives.empty());
  CHECK(parsed("(assert (or (<= 1 2) (<= Y_0 1)))").alternatives == std::vector<Atoms>{{}, {0}});
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

TEST_CASE("terms that are not linear, and what is no comparison, are refused") {
  for (const char* text : {"(* Y_0 Y_1)", "(* X_0 X_0)", "(* 2 X_0 Y_0)", "(* Y_0 (+ X_0 1))"})
    CHECK(refused("(assert (<= " + std::string(text) + " 1))") ==
          "p:2: a product of variables is not supported; terms have to be linear");
  CHECK(refused("(assert (<= (* Y_0 (- X_0 X_0)) 1))").empty());  // that is nothing
  CHECK(refused("(assert (<= (/ Y_0 2) 1))") ==
        "p:2: '/' is not supported in a term; +, - and * are");
  CHECK(refused("(assert (<= (+) 1))").find("a variable or number is wanted where ')' stands") !=
        std::string::npos);
  CHECK(refused("(assert (<= (* 0.12345678901234567 Y_0) 1))").find("too many digits") !=
        std::string::npos);
  CHECK(refused("(assert (<= Y_0 1 2))").find("is wanted where '2' stands") != std::string::npos);
  CHECK(refused("(assert (<= Y_0))").find("a variable or number is wanted where ')'") !=
        std::string::npos);
  std::string grows = "1e9999";
  for (int i = 0; i < 40; ++i) grows = "(* 1e9999 " + grows + ")";
  CHECK(refused("(assert (<= " + grows + " Y_0))").find("beyond") != std::string::npos);
  std::string powers = "1e300";
  for (int i = 0; i < 400; ++i) powers = "(* 1e300 " + powers + ")";
  CHECK(refused("(assert (<= " + powers + " Y_0))").find("grow beyond") != std::string::npos);
}

TEST_CASE("numbers are finite decimals") {
  for (const char* number : {"nan", "inf", "-inf", "NaN", "-nan"})
    CHECK(refused("(assert (<= Y_0 " + std::string(number) + "))").find("is not a finite number") !=
          std::string::npos);
  for (const char* number : {"1e999", "-1e999", "1e99999"})
    CHECK(refused("(assert (<= Y_0 " + std::string(number) + "))").find("beyond the range") !=
          std::string::npos);
  CHECK(refused("(assert (<= Y_0 1e-999))").empty());
  for (const char* number : {"1.5x", "0x10", "1,5", "--1", "+-1", "+", "-", "1e", "."})
    CHECK(refused("(assert (<= Y_0 " + std::string(number) + "))").find("nor a number") !=
          std::string::npos);
}

TEST_CASE("SMT-LIB's way to write it is read, and what asks of a solver is passed over") {
  const std::string text =
      "\xef\xbb\xbf(set-logic QF_LRA) (set-info :source |by (hand\nor so|) (set-option :x \"(\")\n"
      "(declare-fun X_0 () Real)\f(declare-fun\vY_0 () Real)(assert (<= X_0 "
      "Y_0))\n(check-sat)(get-model)(exit)";
  CHECK(refusal(text).empty());
  CHECK(vnnlib::parse(text, "p").atoms.at(0).line == 3);
  CHECK(refusal(text + "(assert (<= X_0 1))") ==
        "p:4: 'assert' stands after 'exit', which asks what is said before");
  CHECK(refusal("(declare-fun X_0 (Real) Real)").find("is wanted where 'Real' stands") !=
        std::string::npos);
  CHECK(refusal("(set-info :a (b)").find("a parenthesis is not closed") != std::string::npos);
  CHECK(refusal("(vnnlib-version <2.0>)").find("this is VNN-LIB 2.0") != std::string::npos);
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
  CHECK(refused("(push 1)").starts_with("p:2: 'push' is not a known command"));
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

TEST_CASE("what ors multiply out to is bounded, and so is depth; a list is not") {
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
  std::string terms;
  for (int i = 0; i < 100'000; ++i) terms += "(- ";
  CHECK(refused("(assert (<= " + terms).find("nested too deeply") != std::string::npos);
  std::string list = "(assert (or ", sum = "(assert (<= (+ ";
  for (int i = 0; i < 300'000; ++i) {
    list += "(and (<= X_0 1) (<= Y_0 1))";
    sum += "Y_0 ";
  }
  CHECK(parsed(list + "))").alternatives.size() == 300'000);
  CHECK(parsed(sum + ") 1))").coefficients.at(0).second == 300'000 * 0x1p-18);
}
