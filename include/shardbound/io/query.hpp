// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A query: networks by name, with the tensors of each that it speaks of, and what is asked of them as a property. The
// property's inputs are all elements of all inputs, network by network, each tensor row-major; its columns are the
// elements of hidden tensors and then of outputs, network by network, and then, if it observes them, the inputs.

#include <shardbound/spec/property.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shardbound::inline v0::vnnlib {

/// A tensor as it was declared.
struct QueryTensor {
  std::string name, type;           ///< "X", "float32"
  std::vector<std::int64_t> shape;  ///< empty: one number
  std::string onnx{};               ///< of a hidden one: what the network's file calls it

  std::int64_t size() const {
    std::int64_t product = 1;
    for (const std::int64_t extent : shape) product *= extent;
    return product;
  }
};

/// What a network has to do with one that was declared before.
enum class Relation {
  none,
  equal_to,       ///< the same function, of variables of its own
  isomorphic_to,  ///< the same shapes; another function
};

struct QueryNetwork {
  std::string name;
  Relation relation = Relation::none;
  std::size_t related = 0;  ///< which network it is equal or isomorphic to
  std::vector<QueryTensor> inputs{}, hidden{}, outputs{};
};

struct Query {
  enum class Version { one, two };

  Version version = Version::one;
  std::vector<QueryNetwork> networks;  ///< of version 1 one, without a name; X and Y
  Property property;
};

inline std::int64_t size_of(const std::vector<QueryTensor>& tensors) {
  std::int64_t sum = 0;
  for (const QueryTensor& one : tensors) sum += one.size();
  return sum;
}

}  // namespace shardbound::inline v0::vnnlib
