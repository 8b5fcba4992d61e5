// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_attributes.hpp>
#include <shardbound/io/onnx_rules.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace shardbound;

TEST_CASE("every operator with a rule has its attributes listed") {
  const auto attributes = io::detail::onnx_attribute_names();
  for (const auto& rules :
       {io::detail::onnx_rules_of_layers(), io::detail::onnx_rules_of_constants()})
    for (const auto& [name, rule] : rules)
      CHECK_MESSAGE(attributes.contains(name), std::string(name));
}
