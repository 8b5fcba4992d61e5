// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/text_report.hpp>
#include <shardbound/layer/convolution.hpp>

#include <limits>
#include <sstream>
#include <vector>

using namespace shardbound;

namespace {

std::string row(std::vector<double> coefficients, double rhs = 0, std::size_t most = 8) {
  return cli::row_text(coefficients, rhs, coefficients.size(), most);
}

/// A box of two conjunctions: of the first one of two rows is impossible, of the second none.
cli::BoxReport box() {
  cli::BoxReport box;
  box.output = {{-0.25}, {3}, {1e-15}};
  box.spec_text = {"Y_0 - Y_3", "Y_0 - 2", "-Y_1"};
  box.spec_lower = {0.0062, -0.5, -std::numeric_limits<double>::infinity()};
  box.spec_slack = {1e-12, 0, 0};
  box.impossible = {true, false, false};
  box.conjunction = {0, 0, 1};
  return box;
}
std::string printed(const cli::Report& report) {
  std::ostringstream out;
  cli::print(report, out);
  return out.str();
}

}  // namespace

TEST_CASE("rows are written out, thresholds brought to their side") {
  CHECK(row({1, 0, 0, -1}) == "Y_0 - Y_3");
  CHECK(row({0, 2, 0.5}) == "2 Y_1 + 0.5 Y_2");
  CHECK(row({-1, 0}, -3.991125645861615) == "-Y_0 + 3.991125645861615");
  CHECK(row({0, 1}, 0.25) == "Y_1 - 0.25");
  CHECK(row({-1.5, -1}, 1) == "-1.5 Y_0 - Y_1 - 1");
  CHECK(row({0, 0}) == "0");
  CHECK(row({0, 0}, -2) == "2");
  CHECK(row({1e-20, 0}) == "1e-20 Y_0");
}

TEST_CASE("of long rows the first terms are shown, and how many are not") {
  CHECK(row({1, -1, 1, 1, 0, 1}, 2, 3) == "Y_0 - Y_1 + Y_2 + ... (2 more) - 2");
  CHECK(row({1, 1, 1}, 0, 3) == "Y_0 + Y_1 + Y_2");
}

TEST_CASE("a conjunction is one group, impossible as soon as one of its rows is") {
  cli::Report report;
  report.boxes = {box()};
  CHECK(printed(report) ==
        "Y_0   [-0.25, 3] +- 1e-15\n"
        "A counterexample needs every row of a conjunction to be 0 or less:\n"
        "conjunction 0: impossible\n"
        "  Y_0 - Y_3 >= 0.0062 +- 1e-12: impossible\n"
        "  Y_0 - 2 >= -0.5 +- 0: possible\n"
        "conjunction 1: possible\n"
        "  -Y_1 >= -inf: possible\n");
}

TEST_CASE("several boxes are numbered, and explained once") {
  cli::Report report;
  report.boxes = {box(), box()};
  const std::string text = printed(report);
  CHECK(text.starts_with("box 0\nY_0 "));
  CHECK(text.find("\nbox 1\nY_0 ") != text.npos);
  CHECK(text.find("counterexample") == text.rfind("counterexample"));
}

TEST_CASE("convolutions are put into words, without what is usual") {
  using Strided = Conv2d<8, Kernel<3>, Stride<2>, Padding<1>>;
  CHECK(cli::windows_text(Strided::geometry(Shape{3, 32, 32})) ==
        "3 channels of 32x32 to 8 of 16x16, kernel 3x3, stride 2, padding 1");
  using Wide = Conv2d<4, Kernel<1, 3>, Padding<0, 1>, Dilation<1, 2>, Groups<2>>;
  CHECK(cli::windows_text(Wide::geometry(Shape{2, 5, 9})) ==
        "2 channels of 5x9 to 4 of 5x7, kernel 1x3, padding 0, 1, 0, 1, dilation 1, 2, groups 2");
  CHECK(cli::windows_text(Conv1d<6, Kernel<5>>::geometry(Shape{2, 20})) ==
        "2 channels of 20 to 6 of 16, kernel 5");
  using Transposed = ConvTranspose2d<1, Kernel<3>, Stride<2>, Padding<1>, OutputPadding<1>>;
  CHECK(cli::windows_text(Transposed::geometry(Shape{4, 8, 8})) ==
        "4 channels of 8x8 to 1 of 16x16, kernel 3x3, stride 2, padding 1, output padding 1");
}
