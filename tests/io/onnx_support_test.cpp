// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/onnx_support.hpp>

#include <cctype>
#include <set>
#include <sstream>
#include <string>

namespace {

/// The words of a text that begin with a capital letter, as names of operators do.
void collect_names(const std::string& text, std::set<std::string>& names) {
  std::string word;
  for (const char c : text + " ") {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      word += c;
      continue;
    }
    if (!word.empty() && std::isupper(static_cast<unsigned char>(word.front()))) names.insert(word);
    word.clear();
  }
}

/// What stands under "operators in a file" in the README's table.
std::set<std::string> listed_operators() {
  const shardbound::io::InputFile readme(SHARDBOUND_SOURCE_DIR "/README.md");
  std::istringstream text(readme.read_all(1 << 20));
  std::set<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("| | typed layer | operators in a file |"))
      inside = true;
    else if (!line.starts_with("|"))
      inside = false;
    else if (inside) {
      std::istringstream row(line);
      std::string cell;
      for (int column = 0; column < 4; ++column) std::getline(row, cell, '|');
      collect_names(cell, names);
    }
  }
  return names;
}

}  // namespace

TEST_CASE("operators are named once, activations among them") {
  const auto names = shardbound::io::onnx_operators();
  for (const char* name :
       {"Gemm", "Relu", "Constant", "ConstantOfShape", "Sigmoid", "Conv", "Mul", "Erf"})
    CHECK(names.contains(name));
  // What is read in part is not claimed.
  for (const char* name : {"LSTM", "Cast", "Where"}) CHECK_FALSE(names.contains(name));
  CHECK(shardbound::io::first_opset < shardbound::io::last_opset);
}

TEST_CASE("the README's table names them, and no others") {
  const auto listed = listed_operators(), known = shardbound::io::onnx_operators();
  for (const auto& name : known) CHECK_MESSAGE(listed.contains(name), name << " is not listed");
  for (const auto& name : listed) CHECK_MESSAGE(known.contains(name), name << " is not known");
}
