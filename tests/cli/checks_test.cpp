// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/checks.hpp>

using namespace shardbound::cli;

namespace {

/// What is left of the text, or why it is refused.
std::string checked(const CLI::Validator& check, std::string text) {
  const std::string refusal = check(text);
  return refusal.empty() ? text : refusal;
}

}  // namespace

TEST_CASE("whole numbers are decimal, and in their range") {
  CHECK(checked(whole_number(1, 9), "9") == "9");
  CHECK(checked(whole_number(1, 9), "007") == "7");
  for (const char* text : {"0", "10", "-1", "+1", "1.0", "1 ", "0x1", "nine", ""})
    CHECK(checked(whole_number(1, 9), text) ==
          "'" + std::string(text) + "' is no whole number from 1 to 9");
}

TEST_CASE("seconds are finite and not negative") {
  for (const char* text : {"0", "0.25", "1e3"}) CHECK(checked(seconds(), text) == text);
  for (const char* text : {"-0.1", "nan", "infinity", "1e999", "5 min", "abc", ""})
    CHECK(checked(seconds(), text) == "'" + std::string(text) + "' is no number of seconds");
}

TEST_CASE("some numbers are above nothing") {
  for (const char* text : {"1e-300", "0.25", "3"}) CHECK(checked(positive(), text) == text);
  for (const char* text : {"0", "-0.0", "-1", "nan", "inf", "1e999", "a tenth", ""})
    CHECK(checked(positive(), text) == "'" + std::string(text) + "' is no number above 0");
}

TEST_CASE("words are offered, or at least understood") {
  const auto check = one_of({"cpu", "gpu"}, {"abacus"});
  CHECK(checked(check, "gpu") == "gpu");
  CHECK(checked(check, "abacus") == "abacus");
  CHECK(checked(check, "cpi") == "there is no 'cpi', only cpu and gpu; did you mean cpu?");
  CHECK(checked(check, "tpus") == "there is no 'tpus', only cpu and gpu");
}
