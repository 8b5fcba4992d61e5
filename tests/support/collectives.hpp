// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What every communicator must do, for its tests: each rank makes the calls and looks at what it gets.

#include <shardbound/core/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace shardbound_test {

inline void expect(bool met, const std::string& what) {
  if (!met) throw std::runtime_error(what);
}

/// Byte `i` of what rank `from` has for rank `to`.
inline unsigned char byte_of(int from, int to, std::size_t i) {
  return static_cast<unsigned char>(37 * from + 11 * to + static_cast<int>(i % 251) + 1);
}

/// One buffer's worth of blocks: block p is what rank from(p) has for rank to(p).
template <class From, class To>
std::vector<unsigned char> blocks(int ranks, std::size_t bytes, const From& from, const To& to) {
  std::vector<unsigned char> all;
  for (int p = 0; p < ranks; ++p)
    for (std::size_t i = 0; i < bytes; ++i) all.push_back(byte_of(from(p), to(p), i));
  return all;
}

/// Every collective with blocks of `bytes`; throws at the first that is not as it must be.
template <shardbound::Communicator Comm>
void check_collectives(Comm& comm, std::size_t bytes) {
  using Bytes = std::vector<unsigned char>;
  const int P = comm.size(), me = comm.rank();
  const std::string who = " of " + std::to_string(bytes) + " bytes at rank " + std::to_string(me) +
                          " of " + std::to_string(P);
  const auto each = [](int p) { return p; };
  const auto always = [](int rank) { return [rank](int) { return rank; }; };
  const std::size_t size = bytes * static_cast<std::size_t>(P);
  const std::size_t mine_at = bytes * static_cast<std::size_t>(me);
  const Bytes mine = blocks(1, bytes, always(me), always(0));
  const Bytes gathered = blocks(P, bytes, each, always(0));

  Bytes all(size);
  comm.all_gather(mine.data(), all.data(), bytes);
  expect(all == gathered, "all_gather" + who);

  Bytes in_place(size);
  std::copy(mine.begin(), mine.end(), in_place.begin() + static_cast<std::ptrdiff_t>(mine_at));
  comm.all_gather(in_place.data() + mine_at, in_place.data(), bytes);
  expect(in_place == gathered, "all_gather in place" + who);

  Bytes begun(size);
  comm.begin_all_gather(mine.data(), begun.data(), bytes);
  comm.end_all_gather();
  expect(begun == gathered, "begin_all_gather" + who);

  std::fill(in_place.begin(), in_place.end(), static_cast<unsigned char>(0));
  std::copy(mine.begin(), mine.end(), in_place.begin() + static_cast<std::ptrdiff_t>(mine_at));
  comm.begin_all_gather(in_place.data() + mine_at, in_place.data(), bytes);
  comm.end_all_gather();
  expect(in_place == gathered, "begin_all_gather in place" + who);

  const Bytes to_all = blocks(P, bytes, always(me), each);
  Bytes from_all(size);
  comm.all_to_all(to_all.data(), from_all.data(), bytes);
  expect(from_all == blocks(P, bytes, each, always(me)), "all_to_all" + who);

  for (int root = 0; root < P; ++root) {
    Bytes told = mine;
    comm.broadcast(told.data(), bytes, root);
    expect(told == blocks(1, bytes, always(root), always(0)), "broadcast" + who);
  }
  comm.barrier();
}

/// Colours rank by rank % colours and checks who is where, down to the groups' own collectives.
template <shardbound::Communicator Comm>
void check_subgroup(Comm& comm, int colours) {
  const int P = comm.size(), me = comm.rank(), colour = me % colours;
  Comm part = comm.subgroup(colour);
  expect(part.rank() == me / colours, "subgroup: the rank in the group");
  expect(part.size() == (P - colour + colours - 1) / colours, "subgroup: the size of the group");
  std::vector<int> there(static_cast<std::size_t>(part.size()));
  part.all_gather(&me, there.data(), sizeof me);
  for (int p = 0; p < part.size(); ++p)
    expect(there[static_cast<std::size_t>(p)] == colour + p * colours,
           "subgroup: who is in the group");
  check_collectives(part, 5);
  Comm alone = part.subgroup(part.rank());
  expect(alone.size() == 1 && alone.rank() == 0, "subgroup: groups of one");
  comm.barrier();
}

}  // namespace shardbound_test
