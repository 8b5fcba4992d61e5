// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where families meet: what a communicator and a backend's memory must offer. Anyone may be constrained
// by a family without including it. (Placements and policies state theirs in sharding/, activations in
// relax/line.hpp, layers in layer/layer.hpp.)

#include <shardbound/core/errors.hpp>
#include <shardbound/core/memory.hpp>

#include <concepts>
#include <string_view>

namespace shardbound::inline v0 {

/// Ranks that talk. Buffers are bytes; all_gather and all_to_all move the same number of bytes for every
/// pair. Sums are not a communicator's business: they are made above it, in rank order.
template <class C>
concept Communicator = requires(C& comm, const void* in, void* out, std::size_t bytes, int rank) {
  { comm.rank() } -> std::convertible_to<int>;
  { comm.size() } -> std::convertible_to<int>;
  comm.barrier();
  comm.broadcast(out, bytes, rank);
  comm.all_gather(in, out, bytes);
  comm.all_to_all(in, out, bytes);
  { comm.split(rank) } -> std::movable;
  comm.abort("why");
};

/// Where numbers live and are worked on. Memory that `allocate` returns may be read by the backend
/// alone; `to_host` is the only way back and waits for the work before it. The primitives, all of them
/// calls by value (expr/calls.hpp), are: product, affine_interval, affine_values (Product); select
/// (Select); sweep, activation_*, scaled_*, add_* (Pointwise); copy_columns,
/// place_bounds (IndexMap); concretize, store, list_unstable, list_all (where rows begin and end).
template <class B>
concept Backend = requires(B& backend, void* memory, const float* host, float* device,
                           std::size_t bytes, index_t count) {
  { B::name } -> std::convertible_to<std::string_view>;
  { backend.allocate(bytes, Category::workspace) } -> std::same_as<void*>;
  backend.deallocate(memory, bytes, Category::workspace);
  backend.upload(device, host, count);
  backend.to_host(device, host, count);
  backend.fill(device, count, 0.0f);
  backend.finish();
  { backend.memory() } -> std::convertible_to<const MemoryLedger&>;
};

}  // namespace shardbound::inline v0
