// SPDX-License-Identifier: BSD-3-Clause

// Files as they are found: every network of the shared folder of cases computes what an independent
// runtime computed, and what is no network is called what it is.

#include <shardbound/io/onnx_lower.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <tests/support/model_interval.hpp>
#include <tests/support/skip.hpp>
#include <vector>

namespace {

using namespace shardbound;
using shardbound_test::skip;
namespace fs = std::filesystem;

// The numbers between "x=[" and "]".
std::vector<double> list_after(const std::string& line, const std::string& opening) {
  const auto start = line.find(opening);
  if (start == std::string::npos) return {};
  std::string text = line.substr(start + opening.size());
  text.resize(text.find(']'));
  for (char& c : text)
    if (c == ',') c = ' ';
  std::istringstream in(text);
  std::vector<double> numbers;
  for (double number = 0; in >> number;) numbers.push_back(number);
  return numbers;
}

// Compares what the READMEs of a folder say; returns how many values were compared.
int compare(const fs::path& folder) {
  int compared = 0;
  std::ifstream readme(folder / "README");
  for (std::string line; std::getline(readme, line);) {
    const auto x = list_after(line, "x=["), y = list_after(line, "y=[");
    if (x.empty() || y.empty()) continue;
    const std::string name = line.substr(2, line.find(".onnx") - 2);
    fs::path path = folder / (name + ".onnx");
    if (!fs::exists(path)) path = folder / name / (name + ".onnx");
    const auto size = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
    const auto found =
        shardbound_test::value(io::read_onnx(path.string(), {{}, size(y), size(x)}), x);
    REQUIRE_MESSAGE(found.size() == y.size(), path);
    for (std::size_t i = 0; i < y.size(); ++i)
      CHECK_MESSAGE(std::abs(found[i] - y[i]) < 2e-6 * (1 + std::abs(y[i])), path);
    ++compared;
  }
  return compared;
}

std::string refusal(const fs::path& path) {
  try {
    io::read_onnx(path.string());
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("every case from the field computes what its README says") {
  const fs::path cases = SHARDBOUND_SHARED_DIR "/cases";
  if (!fs::exists(cases)) return skip("no folder " + cases.string());
  int compared = 0;
  for (const auto& folder : fs::directory_iterator(cases))
    if (folder.is_directory()) compared += compare(folder.path());
  CHECK(compared >= 24);
}

TEST_CASE("constants that cancel do so in real arithmetic") {
  const std::string path = SHARDBOUND_SHARED_DIR "/cases/folded-constants-cancel/fold_cancel.onnx";
  if (!fs::exists(path)) return skip("no file " + path);
  CHECK(shardbound_test::value(io::read_onnx(path), {1, 1}) == std::vector<double>{4, 4});
}

TEST_CASE("what is no network is called what it is") {
  const fs::path folder = SHARDBOUND_SHARED_DIR "/cases/not-an-onnx-file";
  if (!fs::exists(folder)) return skip("no folder " + folder.string());
  CHECK(refusal(folder / "lfs.onnx") ==
        (folder / "lfs.onnx").string() +
            ": is a Git LFS pointer, not the file that it stands for. Fix: git lfs pull");
  CHECK(refusal(folder / "net_tar.onnx.gz").find("is a tar archive") != std::string::npos);
  CHECK(refusal(folder / "page.onnx").find("is an HTML page") != std::string::npos);
}
