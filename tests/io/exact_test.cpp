// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/core/decimal.hpp>
#include <shardbound/io/exact.hpp>

#include <random>
#include <string>

using shardbound::io::Exact;
using shardbound::io::Nearest;
using shardbound::io::Ratio;

namespace {

Exact number(const std::string& text) {
  const auto read = Exact::read(text);
  REQUIRE_MESSAGE(read, text);
  return *read;
}

}  // namespace

TEST_CASE("decimals are read as they are written, and what is none is not") {
  CHECK(number("1.50") == number("15e-1"));
  CHECK(number("-.5") == number("-0.5"));
  CHECK(number("5.") == number("+5"));
  CHECK(number("1E+3") == number("1000"));
  CHECK(number("-0.0").sign() == 0);
  CHECK(number("0e999999999999") == Exact());
  CHECK(number("1000000000000000000000") == number("1e21"));
  for (const char* text :
       {"", "+", "-", ".", "e5", "1e", "1e+-2", "--1", "+-1", "1.2.3", "0x10", "1,5", "nan", "inf",
        "1 ", " 1", "1e5.5", "1e999999999999999999999", "1e30000"})
    CHECK_FALSE_MESSAGE(Exact::read(text), text);
}

TEST_CASE("sums, differences and products lose nothing") {
  CHECK(number("0.1") + number("0.2") == number("0.3"));
  CHECK(number("1e300") + number("1e-300") - number("1e300") == number("1e-300"));
  CHECK(number("999999999") + number("1") == number("1e9"));
  CHECK(number("1e18") - number("1") == number("999999999999999999"));
  CHECK(number("-0.5") * number("0.5") == number("-0.25"));
  CHECK(number("123456789123456789") * number("987654321987654321") ==
        number("121932631356500531347203169112635269"));
  CHECK(number("1.5") - number("1.5") == Exact());
  CHECK(number("-2") < number("-1.9"));
  CHECK(number("1e-400") > Exact());
  CHECK(number("0.5").decimals() == 1);
  CHECK(number("250").decimals() == 0);
  CHECK(number("0.0250").decimals() == 3);
}

TEST_CASE("random sums and products of whole numbers are those of the machine") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto draw = [&] {
      return static_cast<std::int64_t>(random() >> (34 + random() % 30)) - 1000;
    };
    const std::int64_t a = draw(), b = draw();
    REQUIRE(Exact(a) + Exact(b) == Exact(a + b));
    REQUIRE(Exact(a) - Exact(b) == Exact(a - b));
    REQUIRE(Exact(a) * Exact(b) == Exact(a * b));
    REQUIRE((Exact(a) <=> Exact(b)) == (a <=> b));
    REQUIRE(number(std::to_string(a)) == Exact(a));
  }
}

TEST_CASE("a double is found again, and its neighbourhood is known") {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-320, 308);
  for (int i = 0; i < 3'000; ++i) {
    const double x = (i % 2 ? 1 : -1) * std::pow(10.0, exponent(random));
    const Exact exact = Exact::of(x);
    REQUIRE(exact.nearest().value == x);
    REQUIRE(exact.nearest().exact());
    REQUIRE(Exact::read(shardbound::decimal(x))->nearest().value == x);
    const Exact tiny = number("1e-1200");
    for (const int side : {-1, 1}) {
      const Nearest near = (side < 0 ? exact - tiny : exact + tiny).nearest();
      REQUIRE(near.value == x);
      REQUIRE(near.side == side);
    }
  }
  CHECK(number("0.1").nearest().value == 0.1);
  CHECK(number("0.1").nearest().up() == 0.1);
  CHECK(number("0.1").nearest().down() == std::nextafter(0.1, 0));
  CHECK(number("0.25").nearest().exact());
}

TEST_CASE("whole groups of zeros at the end are no digits") {
  for (const char* half : {"500000000", "-500000000", "5e17", "0.500000000", "2.5e8"}) {
    const Exact sum = number(half) + number(half);
    CHECK(sum == number(half) * Exact(2));
    CHECK(sum.decimals() == (sum * Exact(1)).decimals());
  }
  CHECK((number("500000000") + number("500000000")).decimals() == 0);
  CHECK((number("0.999999999") + number("0.000000001")).decimals() == 0);
  CHECK(Exact(1'000'000'000'000'000'000).decimals() == 0);
  CHECK(Exact(1'000'000'000).shifted(-10).decimals() == 1);
  CHECK(Exact::of(0x1p500).decimals() == 0);
  CHECK(Exact::of(1e9 + 0.5).decimals() == 1);
  for (double ten = 1; ten < 1e22; ten *= 10) {
    CHECK(Exact::of(ten) == Exact(1).shifted(std::lround(std::log10(ten))));
    CHECK(Exact::of(ten).nearest().exact());
    CHECK(Exact::of(ten / 1024) * Exact(1024) == Exact::of(ten));
  }
}

TEST_CASE("beyond the doubles there is something above and below") {
  CHECK(number("1e-400").nearest().down() == 0);
  CHECK(number("1e-400").nearest().up() == 5e-324);
  CHECK(number("-1e-400").nearest().down() == -5e-324);
  CHECK(number("3e-324").nearest().up() == 5e-324);
  CHECK(number("3e-324").nearest().down() == 0);
  CHECK(number("1e400").nearest().up() == Nearest::infinity);
  CHECK(number("1e400").nearest().down() == std::numeric_limits<double>::max());
  CHECK(number("-1e400").nearest().down() == -Nearest::infinity);
}

TEST_CASE("ratios are compared and enclosed exactly") {
  const Ratio third{Exact(1), Exact(3)}, sixth{Exact(1), Exact(6)};
  CHECK(sixth < third);
  CHECK(third == Ratio{Exact(2), Exact(6)});
  CHECK(third.nearest()->value == 1.0 / 3);
  CHECK(third.nearest()->side == 1);  // 1/3 as a double is a little less
  CHECK(Ratio{Exact(1), Exact(4)}.nearest()->exact());
  CHECK(Ratio{Exact(-7), number("0.5")}.nearest()->value == -14);
  CHECK(Ratio{Exact(0), Exact(3)}.nearest()->exact());
  std::mt19937_64 random(3);
  for (int i = 0; i < 2'000; ++i) {
    const auto a = static_cast<std::int64_t>(random() >> 20),
               b = static_cast<std::int64_t>(random() >> 30) + 1;
    const Nearest near = *Ratio{Exact(a), Exact(b)}.nearest();
    REQUIRE(Exact::of(near.down()) * Exact(b) <= Exact(a));
    REQUIRE(Exact::of(near.up()) * Exact(b) >= Exact(a));
    REQUIRE((near.exact() || std::nextafter(near.down(), 1e300) == near.up()));
  }
  CHECK_FALSE(Ratio{number("1e5000"), number("1e-5000")}.nearest());
}
