// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The text of a VNN-LIB 2.0 file: networks and their tensors, then assertions about elements of these. One pass over
// the characters; what is not well-formed or not well-typed is refused where it stands.

#include <shardbound/io/detail/vnnlib_assertion.hpp>
#include <shardbound/io/element_type.hpp>
#include <shardbound/io/query.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace shardbound::inline v0::vnnlib {

/// Networks, and what is asserted of them.
struct ParsedQuery {
  std::vector<QueryNetwork> networks;
  Formula formula;
};

namespace detail {

class QueryParser {
 public:
  static constexpr std::string_view equal = "==", unequal = "!=";
  static constexpr std::string_view comparisons = "<=, >=, <, >, == and !=";

  QueryParser(std::string_view text, const std::string& file)
      : scanner_(text, file, Brackets::apart), assertions_(scanner_, out_.formula, *this) {}

  ParsedQuery query() {
    version();
    bool asserts = false;
    while (!scanner_.at_end()) {
      scanner_.expect('(', "a statement");
      const std::string_view command = scanner_.word("declare-network or assert");
      if (command == "declare-network") {
        if (asserts) fail("a network is declared after an assertion; networks come first");
        network();
      } else if (command == "assert") {
        if (out_.networks.empty()) fail("an assertion stands before any network is declared");
        asserts = true;
        assertions_.read();
      } else {
        fail("'" + shown(command) + "' is not a known command; declare-network and assert are");
      }
      scanner_.expect(')', "the end of the statement");
    }
    if (out_.networks.empty()) fail("no network is declared");
    check_types();
    out_.formula.inputs = inputs_;
    out_.formula.columns = columns_;
    out_.formula.last_line = scanner_.line();
    return std::move(out_);
  }

  // --- for assertions

  std::optional<Variable> element(std::string_view word) {
    if (!is_letter(word[0])) return {};
    const auto found = tensors_.find(word);
    if (found == tensors_.end()) fail("'" + shown(word) + "' is not declared");
    const Known& known = found->second;
    if (!known.type) fail("'" + shown(word) + "' is a network; elements of tensors are compared");
    const std::size_t index = known.first + offset(word, known.shape);
    if (type_ && type_->name != known.type->name)
      fail("elements of type " + std::string(type_->name) + " and " +
           std::string(known.type->name) + " are compared");
    type_ = known.type;
    return known.is_input ? Variable::input(index) : Variable::column(index);
  }
  void begin() {
    type_ = nullptr;
    constants_.clear();
  }
  void number(std::string_view word) { constants_.push_back(word); }
  void compared() {
    if (!type_) fail("a comparison of numbers alone says nothing about a network");
    for (const std::string_view word : constants_)
      if (!is_constant_of(*type_, word))
        fail("'" + shown(word) + "' is no constant of type " + std::string(type_->name));
  }

 private:
  static constexpr std::int64_t size_limit = std::int64_t{1} << 22;  // elements

  struct Known {
    const ElementType* type = nullptr;  // none: it is a network
    std::vector<std::int64_t> shape{};
    std::size_t first = 0;
    bool is_input = false;
  };

  static std::string shown(std::string_view word) { return Scanner::shown(word); }
  [[noreturn]] void fail(const std::string& sentence) const { scanner_.fail(sentence); }

  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  void version() {
    scanner_.expect('(', "the version");
    if (scanner_.word("vnnlib-version") != "vnnlib-version")
      fail("a VNN-LIB 2.0 file begins with (vnnlib-version <2.0>)");
    const std::string_view version = scanner_.word("<2.0>");
    if (version != "<2.0>" && version != "<2.1>")
      fail("its version is '" + shown(version) +
           "'; <2.0> and <2.1>, and files of 1.0 without such a line, are read");
    scanner_.expect(')', "the end of the version");
  }

  // --- declarations

  std::string fresh_name(const char* what) {
    const std::string_view name = scanner_.word(what);
    bool fits = is_letter(name[0]);
    for (const char c : name) fits = fits && (is_letter(c) || (c >= '0' && c <= '9') || c == '_');
    if (!fits) fail("'" + shown(name) + "' is no name; a letter, then letters, digits and _ are");
    if (tensors_.contains(name)) fail("'" + shown(name) + "' is declared twice");
    return std::string(name);
  }

  std::size_t related(const QueryNetwork& network) {
    const std::string_view name = scanner_.word("the name of a network");
    for (std::size_t i = 0; i < out_.networks.size(); ++i) {
      if (out_.networks[i].name != name) continue;
      if (network.relation == Relation::equal_to && out_.networks[i].relation == Relation::equal_to)
        fail(network.name + " is equal to " + std::string(name) +
             ", which is equal to another itself; name that one");
      return i;
    }
    fail("'" + shown(name) + "' is no network that was declared before");
  }

  void network() {
    QueryNetwork network;
    network.name = fresh_name("a network's name");
    tensors_.emplace(network.name, Known{});
    int stage = 0;  // relation, inputs, hidden tensors, outputs: in this order
    const auto in_order = [&](int own, std::string_view word) {
      if (own < stage || (own == 0 && stage == 0 && network.relation != Relation::none))
        fail("'" + shown(word) +
             "' does not belong here; a network has a relation if any, inputs, hidden tensors, "
             "outputs");
      stage = own;
    };
    while (!scanner_.at(')')) {
      scanner_.expect('(', "a declaration");
      const std::string_view word = scanner_.word("a declaration");
      if (word == "equal-to" || word == "isomorphic-to") {
        in_order(0, word);
        network.relation = word == "equal-to" ? Relation::equal_to : Relation::isomorphic_to;
        network.related = related(network);
      } else if (word == "declare-input") {
        in_order(1, word);
        network.inputs.push_back(tensor(false));
      } else if (word == "declare-hidden") {
        in_order(2, word);
        network.hidden.push_back(tensor(true));
      } else if (word == "declare-output") {
        in_order(3, word);
        network.outputs.push_back(tensor(false));
      } else {
        fail("'" + shown(word) +
             "' is no declaration of a network's; declare-input, declare-hidden and declare-output "
             "are");
      }
      scanner_.expect(')', "the end of the declaration");
    }
    if (network.inputs.empty()) fail(network.name + " has no input");
    if (network.outputs.empty()) fail(network.name + " has no output");
    if (network.relation != Relation::none) check_related(network);
    for (const QueryTensor& one : network.inputs) know(one, inputs_, true);
    for (const auto* tensors : {&network.hidden, &network.outputs})
      for (const QueryTensor& one : *tensors) know(one, columns_, false);
    out_.networks.push_back(std::move(network));
  }

  QueryTensor tensor(bool hidden) {
    QueryTensor out;
    out.name = fresh_name("a tensor's name");
    tensors_.emplace(out.name,
                     Known{});  // where its elements are is known when its network is whole
    out.type = scanner_.word("an element type");
    if (!element_type(out.type)) fail("'" + shown(out.type) + "' is no element type");
    out.shape = numbers("a shape", 1);
    if (hidden) out.onnx = scanner_.quoted("the tensor's name in the network");
    return out;
  }

  // [1,2,3]; each at least `least`
  std::vector<std::int64_t> numbers(const char* what, std::int64_t least) {
    std::vector<std::int64_t> all;
    scanner_.expect('[', what);
    std::int64_t product = 1;
    while (!scanner_.at(']')) {
      if (!all.empty()) scanner_.expect(',', "another number");
      const std::string_view word = scanner_.word("a number");
      std::int64_t number = 0;
      const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      if (error != std::errc{} || last != word.data() + word.size() || number < least)
        fail("'" + shown(word) + "' is no whole number of " + std::to_string(least) + " or more");
      if (least > 0 && number > size_limit / product)
        fail("a shape has more than " + std::to_string(size_limit) + " elements");
      product *= least > 0 ? number : 1;
      all.push_back(number);
    }
    scanner_.expect(']', "the end of a list");
    return all;
  }

  void know(const QueryTensor& tensor, std::size_t& first, bool is_input) {
    tensors_.insert_or_assign(tensor.name,
                              Known{element_type(tensor.type), tensor.shape, first, is_input});
    first += static_cast<std::size_t>(tensor.size());
    if (first > static_cast<std::size_t>(size_limit))
      fail("its tensors have more than " + std::to_string(size_limit) + " elements");
  }

  void check_related(const QueryNetwork& network) const {
    const QueryNetwork& other = out_.networks[network.related];
    const auto check = [&](const std::vector<QueryTensor>& mine,
                           const std::vector<QueryTensor>& its, const char* what) {
      const std::string who = network.name + " and " + other.name;
      if (mine.size() != its.size())
        fail(who + " are related and have different numbers of " + what);
      for (std::size_t i = 0; i < mine.size(); ++i) {
        if (mine[i].shape != its[i].shape)
          fail(who + " are related, but '" + mine[i].name + "' and '" + its[i].name +
               "' differ in shape");
        if (network.relation == Relation::equal_to && mine[i].type != its[i].type)
          fail(who + " are equal, but '" + mine[i].name + "' and '" + its[i].name +
               "' differ in type");
      }
    };
    check(network.inputs, other.inputs, "inputs");
    check(network.outputs, other.outputs, "outputs");
  }

  // Where an element lies in its tensor, whose name was read.
  std::size_t offset(std::string_view name, const std::vector<std::int64_t>& shape) {
    if (shape.empty() && !scanner_.at('[')) return 0;
    const auto indices = numbers("an index", 0);
    if (indices.size() != shape.size() || shape.empty())
      fail("'" + shown(name) + "' has " + std::to_string(shape.size()) + " axes where " +
           std::to_string(indices.size()) + " indices are given");
    std::size_t at = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (indices[axis] >= shape[axis])
        fail("index " + std::to_string(indices[axis]) + " of '" + shown(name) +
             "' is beyond axis " + std::to_string(axis) + ", which has " +
             std::to_string(shape[axis]));
      at = at * static_cast<std::size_t>(shape[axis]) + static_cast<std::size_t>(indices[axis]);
    }
    return at;
  }

  void check_types() const {
    using Kind = ElementType::Kind;
    bool real = false, others = false;
    for (const auto& [name, known] : tensors_)
      if (known.type) (known.type->kind == Kind::real ? real : others) = true;
    if (real && others)
      fail("'real' stands beside other element types; a query that uses it uses nothing else");
    for (const auto& [name, known] : tensors_)
      if (known.type && known.type->kind != Kind::real && known.type->kind != Kind::floating)
        fail("'" + name + "' is of type " + std::string(known.type->name) +
             ", which is not supported; real and floating-point types are");
  }

  Scanner scanner_;
  ParsedQuery out_;
  AssertionReader<QueryParser> assertions_;
  std::map<std::string, Known, std::less<>> tensors_;  // and networks, all by name
  std::size_t inputs_ = 0, columns_ = 0;
  const ElementType* type_ = nullptr;          // of the comparison that is being read
  std::vector<std::string_view> constants_{};  // in it
};

}  // namespace detail

/// Parses the text of a query; `file` opens every message. Throws FormatError "FILE:LINE: ...".
inline ParsedQuery parse_query(std::string_view text, const std::string& file) {
  return detail::QueryParser(text, file).query();
}

/// Whether a text says that it is of version 2.
inline bool is_version_two(std::string_view text) {
  const std::string no_file;
  detail::Scanner scanner(text, no_file);
  try {
    scanner.expect('(', "a statement");
    return scanner.word("a command") == "vnnlib-version";
  } catch (const FormatError&) {
    return false;
  }
}

}  // namespace shardbound::inline v0::vnnlib
