// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Ranks as processes, started by mpirun. MPI moves the bytes; it does no sums, whose order it leaves open.

#include <shardbound/comm/detail/copy_bytes.hpp>
#include <shardbound/core/concepts.hpp>

// The C interface; the C++ one is gone from the standard and would want a library of its own.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <string>

namespace shardbound::inline v0 {

namespace mpi {

/// Throws CommError, with MPI's words, unless `code` is success.
inline void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  if (MPI_Error_string(code, text, &length) != MPI_SUCCESS) length = 0;
  throw CommError(std::string(call) + " failed: " +
                  (length > 0 ? std::string(text, static_cast<std::size_t>(length))
                              : "error " + std::to_string(code)));
}

/// How MPI is told of a block of bytes. Its counts are ints, so a block of more than `most` bytes becomes
/// one element: as many pieces of that size as go in, and the rest.
class Message {
 public:
  explicit Message(std::size_t bytes, std::size_t most = std::numeric_limits<int>::max()) {
    if (bytes <= most) {
      count = static_cast<int>(bytes);
      return;
    }
    const std::size_t rest = bytes % most;
    MPI_Datatype piece, pieces;
    check(MPI_Type_contiguous(static_cast<int>(most), MPI_BYTE, &piece), "MPI_Type_contiguous");
    check(MPI_Type_contiguous(static_cast<int>(bytes / most), piece, &pieces),
          "MPI_Type_contiguous");
    const int lengths[] = {1, static_cast<int>(rest)};
    const MPI_Aint places[] = {0, static_cast<MPI_Aint>(bytes - rest)};
    const MPI_Datatype types[] = {pieces, MPI_BYTE};
    check(MPI_Type_create_struct(2, lengths, places, types, &type), "MPI_Type_create_struct");
    MPI_Type_free(&piece);
    MPI_Type_free(&pieces);
    owned_ = true;
    check(MPI_Type_commit(&type), "MPI_Type_commit");
    count = 1;
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() {
    if (owned_) MPI_Type_free(&type);  // MPI keeps it for a call that is still under way
  }

  MPI_Datatype type = MPI_BYTE;
  int count = 0;

 private:
  bool owned_ = false;
};

}  // namespace mpi

/// A group of processes. Calls that do not match are not found out here but by MPI, if at all. Throws
/// CommError, with the name of MPI's function and its words, if one of them fails.
class Mpi {
 public:
  /// The processes of `group`, which stays the caller's and must outlive this. From now on errors in it
  /// are returned instead of ending the process.
  explicit Mpi(MPI_Comm group) : Mpi(group, Owner::caller) {}

  int rank() const { return rank_; }
  int size() const { return size_; }

  void barrier() { mpi::check(MPI_Barrier(state_->group), "MPI_Barrier"); }

  void broadcast(void* data, std::size_t bytes, int root) {
    const mpi::Message block(bytes);
    mpi::check(MPI_Bcast(data, block.count, block.type, root, state_->group), "MPI_Bcast");
  }

  void all_gather(const void* mine, void* all, std::size_t bytes_each) {
    const mpi::Message block(bytes_each);
    put_in_place(mine, all, bytes_each);
    mpi::check(MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, block.count, block.type,
                             state_->group),
               "MPI_Allgather");
  }

  void begin_all_gather(const void* mine, void* all, std::size_t bytes_each) {
    if (state_->request != MPI_REQUEST_NULL)
      throw CommError("a second begin_all_gather before end_all_gather");
    const mpi::Message block(bytes_each);
    put_in_place(mine, all, bytes_each);
    mpi::check(MPI_Iallgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, block.count, block.type,
                              state_->group, &state_->request),
               "MPI_Iallgather");
  }
  void end_all_gather() {
    if (state_->request == MPI_REQUEST_NULL)
      throw CommError("end_all_gather without begin_all_gather");
    mpi::check(MPI_Wait(&state_->request, MPI_STATUS_IGNORE), "MPI_Wait");
  }

  void all_to_all(const void* from, void* to, std::size_t bytes_each) {
    const mpi::Message block(bytes_each);
    mpi::check(
        MPI_Alltoall(from, block.count, block.type, to, block.count, block.type, state_->group),
        "MPI_Alltoall");
  }

  Mpi subgroup(int colour) {
    if (colour < 0)
      throw ArgumentError("subgroup: colour " + std::to_string(colour) + " is below 0");
    MPI_Comm group = MPI_COMM_NULL;
    mpi::check(MPI_Comm_split(state_->group, colour, rank_, &group), "MPI_Comm_split");
    return Mpi(group, Owner::handle);
  }

  /// Prints "error: rank 2 stopped: <why>" and ends all processes, with exit status 2.
  [[noreturn]] void abort(const char* why) {
    int in_world = rank_;
    MPI_Comm_rank(MPI_COMM_WORLD, &in_world);
    std::fflush(stdout);
    std::fprintf(stderr, "error: rank %d stopped: %s\n", in_world, why);
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, 2);
    std::_Exit(2);
  }

 private:
  enum class Owner { caller, handle };

  struct State {
    State(MPI_Comm of, Owner whose) : group(of), owner(whose) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
      int over = 0;
      if (owner == Owner::handle && MPI_Finalized(&over) == MPI_SUCCESS && !over)
        MPI_Comm_free(&group);
    }

    MPI_Comm group;
    Owner owner;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  Mpi(MPI_Comm group, Owner owner) : state_(std::make_shared<State>(group, owner)) {
    mpi::check(MPI_Comm_set_errhandler(group, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    mpi::check(MPI_Comm_rank(group, &rank_), "MPI_Comm_rank");
    mpi::check(MPI_Comm_size(group, &size_), "MPI_Comm_size");
  }

  // MPI wants all ranks or none to gather in place, so all do.
  void put_in_place(const void* mine, void* all, std::size_t bytes_each) const {
    detail::copy_bytes(mine, detail::part_of(all, rank_, bytes_each), bytes_each);
  }

  std::shared_ptr<State> state_;
  int rank_ = 0, size_ = 1;
};

static_assert(Communicator<Mpi>);

namespace mpi {

/// All processes that mpirun started; one if it did not. The first call starts MPI, unless the program
/// has, and then the program's end ends it, which waits for all ranks: a program that may throw goes
/// through mpi::run. Only the thread that called first may use MPI.
inline Mpi world() {
  struct Session {
    Session() {
      int before = 0;
      check(MPI_Initialized(&before), "MPI_Initialized");
      if (before) return;
      int threads = MPI_THREAD_SINGLE;
      check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &threads), "MPI_Init_thread");
      ours = true;
      if (threads < MPI_THREAD_FUNNELED)
        throw CommError("this MPI was built for programs without threads");
    }
    ~Session() {
      int over = 0;
      if (ours && MPI_Finalized(&over) == MPI_SUCCESS && !over) MPI_Finalize();
    }
    bool ours = false;
  };
  static Session session;
  return Mpi(MPI_COMM_WORLD);
}

/// Calls body(communicator) in every process. An exception that leaves it is printed and ends all
/// processes with status 2, see Mpi::abort; with a single rank it goes on to the caller.
template <class Body>
void run(const Body& body) {
  Mpi communicator = world();
  if (communicator.size() == 1) {
    body(communicator);
    return;
  }
  try {
    body(communicator);
  } catch (...) {
    communicator.abort(what_of(std::current_exception()).c_str());
  }
}

}  // namespace mpi

}  // namespace shardbound::inline v0
