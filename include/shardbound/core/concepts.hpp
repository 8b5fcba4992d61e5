// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where families meet: what a communicator and a backend's memory must offer. Anyone may be constrained
// by a family without including it. (Placements and policies state theirs in sharding/, activations in
// relax/line.hpp, layers in layer/layer.hpp.)

#include <shardbound/core/errors.hpp>
#include <shardbound/core/memory.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <string_view>

namespace shardbound::inline v0 {

/// Ranks that talk. A communicator is a cheap handle: a copy is the same rank of the same group. All
/// ranks of a group make the same calls in the same order, with the same number of bytes, zero included.
/// Buffers are bytes that lie where the communicator can reach them. Sums are not its business: they are
/// made above it, in rank order.
///
///   all_gather(in, out, bytes)  out holds `bytes` of every rank in rank order; `in` may be its own
///                               place in it, out + rank * bytes
///   begin_all_gather(...)       the same in two halves, with room for work in between but for no other
///   end_all_gather()            collective; until the end `in` stays as it is, and the contents of `out` are
///                               undefined
///   all_to_all(in, out, bytes)  block p of `in` goes to rank p, block p of `out` comes from it; the two
///                               do not overlap
///   subgroup(colour)               the group of those that gave the same colour (at least 0), in rank order
///   abort(why)                  does not return, and makes every other rank fail with that reason
///
/// What it may offer besides, see AnyCommunicator:
///   follows(queue)              whether all_gather, begin_all_gather and all_to_all take that queue of a
///                               backend as one more argument, and then stand in it like any other work
///   look()                      throws CommError if a peer has failed, without a meeting
template <class C>
concept Communicator = requires(C& comm, const void* in, void* out, std::size_t bytes, int rank) {
  { comm.rank() } -> std::convertible_to<int>;
  { comm.size() } -> std::convertible_to<int>;
  comm.barrier();
  comm.broadcast(out, bytes, rank);
  comm.all_gather(in, out, bytes);
  comm.begin_all_gather(in, out, bytes);
  comm.end_all_gather();
  comm.all_to_all(in, out, bytes);
  { comm.subgroup(rank) } -> std::same_as<C>;
  comm.abort("why");
  // Asked last: of a network that is being moved, say, it cannot be answered.
  requires std::copyable<C>;
};

/// Where numbers live and are worked on. Memory that `allocate` returns may be read by the backend
/// alone; `to_host` is the only way back and waits for the work before it. The primitives, all of them
/// calls by value (expr/calls.hpp), are: product, product_forward, affine_interval, affine_values, affine_partial,
/// affine_finish (Product); select (Select); sweep, push, activation_*, scaled_*, add_* (Pointwise);
/// mixed_interval, mixed_values, mixed_lines, pull_mixed, push_mixed (expr/mixed_calls.hpp: Window, RowCoupled,
/// IndexMap); windows_back, windows_forward (Product at every position of a map); pack_region, copy_region,
/// copy_columns, place_bounds (IndexMap); concretize, store, list_unstable, list_all (where rows begin and end), give;
/// and for optimised lines (expr/slope_calls.hpp) free_lines, begin_parameters, confine_parameters, gradients,
/// take_steps, improve, keep_parameters, keep_slots, weigh, add_chords; and for rows over parts of domains (expr/split_calls.hpp)
/// take_splits, return_splits, pull_splits, push_splits. Between lend and take_back its memory may be read and
/// written by a communicator as well.
///
///   works_concurrently   whether several threads may call its primitives at once, each with memory of its
///                own; otherwise passes of one network take turns
///   step_cost    what the calls of a step cost besides their arithmetic, in multiplications: rows are parted
///                where that is less than what is saved
///   queue()      where work waits for its turn (CUDA: the stream), null if it is done when a call returns
///   watch(look)  look() is called again and again while the host waits for the queue, and once more when
///                it is empty. What it throws ends the waiting; deallocate and the destructor, which must
///                not throw, go on waiting instead, and looking
template <class B>
concept Backend = requires(B& backend, void* memory, const float* host, float* device,
                           std::size_t bytes, index_t count, std::function<void()> look) {
  { B::name } -> std::convertible_to<std::string_view>;
  { backend.allocate(bytes, Category::workspace) } -> std::same_as<void*>;
  backend.deallocate(memory, bytes, Category::workspace);
  backend.upload(device, host, count);
  backend.to_host(device, host, count);
  backend.fill(device, count, 0.0f);
  backend.finish();
  backend.lend();
  backend.take_back();
  { backend.queue() } -> std::same_as<void*>;
  backend.watch(look);
  { backend.allocation() } -> std::same_as<Allocation>;
  { backend.memory() } -> std::same_as<MemoryLedger>;
  { B::works_concurrently } -> std::convertible_to<bool>;
  { B::step_cost } -> std::convertible_to<double>;
};

}  // namespace shardbound::inline v0
