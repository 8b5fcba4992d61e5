// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Ranks with a GPU each. NCCL moves what lies in the GPUs' memory, from one to the other, behind the work
// that is queued there; words of control lie on the host and go through a communicator below, which also
// brings the news of failures. NCCL is left only by giving it up, so nobody waits in it without looking.

#include <shardbound/comm/any.hpp>
#include <shardbound/comm/threads.hpp>

#include <nccl.h>  // and with it CUDA's runtime
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

namespace nccl {

/// Throws DeviceError, with CUDA's words, unless `code` is success.
inline void check(cudaError_t code, const char* call) {
  if (code == cudaSuccess) return;
  (void)cudaGetLastError();  // else a later call is blamed for it
  throw DeviceError(std::string("CUDA: ") + call + " failed: " + cudaGetErrorString(code));
}
/// What NCCL says about a call that failed.
inline std::string words(ncclResult_t code, const char* call) {
  const char* details = ncclGetLastError(nullptr);
  return std::string("NCCL: ") + call + " failed: " + ncclGetErrorString(code) +
         (details && *details ? std::string(" (") + details + ")" : "");
}
/// Throws CommError, with NCCL's words, unless `code` is success.
inline void check(ncclResult_t code, const char* call) {
  if (code != ncclSuccess) throw CommError(words(code, call));
}

/// How long a rank that knows of a failure lets its queue come to an end by itself, and how long one that
/// sees NCCL fail waits to be told of the rank that is to blame.
inline constexpr std::chrono::seconds patience{1};

/// `alone`: the GPU waits for the collective, for which NCCL may use what it likes. `beside`: kernels run
/// meanwhile, so it may take few multiprocessors.
enum class Pace { alone, beside };

/// NCCL's side of one rank of one group: one stream, and one collective at a time on it.
class Link {
 public:
  /// The control communicator of ranks that are all about to connect.
  explicit Link(AnyCommunicator below) : control(std::move(below)) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  /// Waits for what is under way; but for nobody while an exception is, since peers may wait for this rank.
  ~Link() {
    try {
      if (std::uncaught_exceptions() > exceptions_) give_up();
      if (is_connected()) wait();
    } catch (const std::exception&) {
      give_up();
    }
    for (ncclComm_t ranks : ranks_)
      if (ranks) ncclCommDestroy(ranks);
    if (ready_) cudaEventDestroy(ready_);
    if (done_) cudaEventDestroy(done_);
    if (stream_) cudaStreamDestroy(stream_);
  }

  /// Collective. Takes the thread's device.
  void connect() {
    // NVLink's multicast is for those who ask for it: not every machine has it in order.
    [[maybe_unused]] static const int once = setenv("NCCL_NVLS_ENABLE", "0", 0);
    // What is sent goes first: others wait for it.
    int least = 0, greatest = 0;
    check(cudaDeviceGetStreamPriorityRange(&least, &greatest), "cudaDeviceGetStreamPriorityRange");
    check(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, greatest),
          "cudaStreamCreate");
    check(cudaEventCreateWithFlags(&ready_, cudaEventDisableTiming), "cudaEventCreate");
    check(cudaEventCreateWithFlags(&done_, cudaEventDisableTiming), "cudaEventCreate");
    for (const Pace pace : {Pace::alone, Pace::beside}) {
      ncclUniqueId id{};
      if (control.rank() == 0) check(ncclGetUniqueId(&id), "ncclGetUniqueId");
      control.broadcast(&id, sizeof id, 0);
      ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
      config.blocking = 0;  // calls that wait for peers go on in the background and can be given up
      if (pace == Pace::beside) config.maxCTAs = multiprocessors_beside;
      settle(ncclCommInitRankConfig(&ranks(pace), control.size(), id, control.rank(), &config),
             "ncclCommInitRankConfig");
    }
  }

  /// Calls launch(ncclComm_t, cudaStream_t), for a collective behind what stands in `queue` now.
  template <class Launch>
  void begin(void* queue, const char* call, Pace pace, const Launch& launch) {
    look();
    if (queue) {
      check(cudaEventRecord(ready_, static_cast<cudaStream_t>(queue)), "cudaEventRecord");
      check(cudaStreamWaitEvent(stream_, ready_, 0), "cudaStreamWaitEvent");
    }
    settle(launch(ranks(pace), stream_), call);
    check(cudaEventRecord(done_, stream_), "cudaEventRecord");
  }
  /// What is put into `queue` from now on comes after the collective; so does the caller if it is null.
  void end(void* queue) {
    if (!queue) return wait();
    check(cudaStreamWaitEvent(static_cast<cudaStream_t>(queue), done_, 0), "cudaStreamWaitEvent");
  }

  /// Whether NCCL is at rest or busy with a call. Throws for good, NCCL given up, if a peer has failed or
  /// NCCL has.
  ncclResult_t look() {
    using std::chrono::steady_clock;
    try {
      control.look();
    } catch (const std::exception&) {
      if (!alarm_) alarm_ = steady_clock::now();
      if (!is_connected() || steady_clock::now() - *alarm_ > patience) {
        give_up();
        throw;
      }
    }
    if (!is_connected()) throw CommError(failure_.empty() ? "NCCL has been given up" : failure_);
    ncclResult_t all = ncclSuccess;
    for (ncclComm_t ranks : ranks_) {
      ncclResult_t state = ncclSuccess;
      if (ranks) check(ncclCommGetAsyncError(ranks, &state), "ncclCommGetAsyncError");
      if (state != ncclSuccess && state != ncclInProgress) fail(state, "a collective");
      if (state == ncclInProgress) all = state;
    }
    return all;
  }

  struct Gather {
    bool on_device;
    void* queue;
  };
  AnyCommunicator control;
  std::optional<Gather> begun;

 private:
  // Eight carry more than 100 GB/s over NVLink; more would slow products down by more than the faster
  // gather gains.
  static constexpr int multiprocessors_beside = 8;

  ncclComm_t& ranks(Pace pace) { return ranks_[static_cast<std::size_t>(pace)]; }
  bool is_connected() const { return ranks_[0] != nullptr; }

  // NCCL has to be at rest before the next call.
  void settle(ncclResult_t state, const char* call) {
    while (state == ncclInProgress) {
      std::this_thread::yield();
      state = look();
    }
    if (state != ncclSuccess) fail(state, call);
  }
  void wait() {
    cudaError_t state = cudaErrorNotReady;
    while ((state = cudaEventQuery(done_)) == cudaErrorNotReady) {
      look();
      std::this_thread::yield();
    }
    check(state, "cudaEventQuery");
    look();  // an end that was brought about by a failure is none
  }
  // NCCL fails in all ranks if it does in one, and if one dies: the better reason may be on its way.
  [[noreturn]] void fail(ncclResult_t state, const char* call) {
    failure_ = words(state, call);
    give_up();
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < patience) {
      control.look();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    throw CommError(failure_);
  }
  // Ends what is under way on this rank's GPU, whatever it waits for. Freeing what one pace holds waits
  // for kernels of the other, so that both have to be told at once.
  void give_up() {
    if (!is_connected()) return;
    const auto abort = [this](Pace pace) {
      if (ranks(pace)) ncclCommAbort(std::exchange(ranks(pace), nullptr));
    };
    std::thread other;
    try {
      other = std::thread(abort, Pace::beside);
    } catch (const std::system_error&) {  // no thread is to be had: one after the other
      abort(Pace::beside);
    }
    abort(Pace::alone);
    if (other.joinable()) other.join();
  }

  std::array<ncclComm_t, 2> ranks_{};  // one for each pace
  cudaStream_t stream_ = nullptr;
  cudaEvent_t ready_ = nullptr, done_ = nullptr;
  std::string failure_;
  std::optional<std::chrono::steady_clock::time_point> alarm_;
  int exceptions_ = std::uncaught_exceptions();
};

/// Whether it lies on a GPU, and so is NCCL's to move.
inline bool on_device(const void* memory) {
  cudaPointerAttributes found{};
  check(cudaPointerGetAttributes(&found, memory), "cudaPointerGetAttributes");
  return found.type == cudaMemoryTypeDevice || found.type == cudaMemoryTypeManaged;
}

}  // namespace nccl

/// A rank whose buffers lie on its GPU, the thread's current device. Made over a communicator that
/// carries what lies on the host; all buffers of a collective, on all ranks, lie on the one side or on the
/// other. Calls on GPU buffers that do not match are not found out. Once a rank has failed, all calls and
/// all waiting for a queue that is watched end within seconds, in CommError with that rank's name if the
/// communicator below knows it.
class Nccl {
 public:
  /// Collective over the ranks of `control`, each with a device of its own.
  template <class C>
    requires(!std::same_as<C, Nccl> && Communicator<C>)
  explicit Nccl(C control) : link_(std::make_shared<nccl::Link>(std::move(control))) {
    link_->connect();
  }

  int rank() const { return link_->control.rank(); }
  int size() const { return link_->control.size(); }
  void barrier() { link_->control.barrier(); }

  void broadcast(void* data, std::size_t bytes, int root) {
    if (!is_ours(data, bytes)) return link_->control.broadcast(data, bytes, root);
    link_->begin(nullptr, "ncclBroadcast", nccl::Pace::alone,
                 [&](ncclComm_t ranks, cudaStream_t stream) {
                   return ncclBroadcast(data, data, bytes, ncclUint8, root, ranks, stream);
                 });
    link_->end(nullptr);
  }

  void all_gather(const void* mine, void* all, std::size_t bytes_each, void* queue = nullptr) {
    begin_gather(mine, all, bytes_each, queue, nccl::Pace::alone);
    end_all_gather();
  }
  void begin_all_gather(const void* mine, void* all, std::size_t bytes_each,
                        void* queue = nullptr) {
    begin_gather(mine, all, bytes_each, queue, nccl::Pace::beside);
  }
  void end_all_gather() {
    if (!link_->begun) throw CommError("end_all_gather without begin_all_gather");
    const auto gather = *std::exchange(link_->begun, std::nullopt);
    if (gather.on_device)
      link_->end(gather.queue);
    else
      link_->control.end_all_gather();
  }

  void all_to_all(const void* from, void* to, std::size_t bytes_each, void* queue = nullptr) {
    if (!is_ours(to, bytes_each)) return link_->control.all_to_all(from, to, bytes_each);
    const auto launch = [&](ncclComm_t ranks, cudaStream_t stream) {
      ncclResult_t first = ncclGroupStart();
      const auto note = [&](ncclResult_t next) {
        if (first == ncclSuccess || first == ncclInProgress) first = next;
      };
      for (int peer = 0; peer < size(); ++peer) {
        note(ncclSend(detail::part_of(from, peer, bytes_each), bytes_each, ncclUint8, peer, ranks,
                      stream));
        note(ncclRecv(detail::part_of(to, peer, bytes_each), bytes_each, ncclUint8, peer, ranks,
                      stream));
      }
      note(ncclGroupEnd());
      return first;
    };
    link_->begin(queue, "ncclSend or ncclRecv", nccl::Pace::alone, launch);
    link_->end(queue);
  }

  Nccl subgroup(int colour) { return Nccl(link_->control.subgroup(colour)); }
  [[noreturn]] void abort(const char* why) { link_->control.abort(why); }

  /// Any stream of the thread's device can be followed.
  bool follows(void* queue) const { return queue != nullptr; }
  void look() { link_->look(); }

 private:
  void begin_gather(const void* mine, void* all, std::size_t bytes_each, void* queue,
                    nccl::Pace pace) {
    if (link_->begun) throw CommError("a second begin_all_gather before end_all_gather");
    const bool on_device = is_ours(all, bytes_each);
    if (on_device)
      link_->begin(queue, "ncclAllGather", pace, [&](ncclComm_t ranks, cudaStream_t stream) {
        return ncclAllGather(mine, all, bytes_each, ncclUint8, ranks, stream);
      });
    else
      link_->control.begin_all_gather(mine, all, bytes_each);
    link_->begun = {on_device, queue};
  }

  static bool is_ours(const void* memory, std::size_t bytes) {
    return bytes > 0 && nccl::on_device(memory);
  }

  std::shared_ptr<nccl::Link> link_;
};

static_assert(Communicator<Nccl>);

namespace nccl {

/// GPUs of this machine; none if it has no driver either.
inline int count_devices() {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code != cudaErrorNoDevice && code != cudaErrorInsufficientDriver)
    check(code, "cudaGetDeviceCount");
  (void)cudaGetLastError();
  return count;
}

/// Collective over the ranks of `control`: each takes the device whose number is its own among the ranks
/// of its machine, for this thread. Throws ArgumentError if a machine has fewer devices than ranks.
inline Nccl one_gpu_each(AnyCommunicator control) {
  using Name = std::array<char, 256>;
  Name mine{};
  gethostname(mine.data(), mine.size() - 1);
  std::vector<Name> all(static_cast<std::size_t>(control.size()));
  control.all_gather(mine.data(), all.data(), sizeof mine);
  const auto here = std::count(all.begin(), all.end(), mine);
  const auto before = std::count(all.begin(), all.begin() + control.rank(), mine);
  const int devices = count_devices();
  if (here > devices)
    throw ArgumentError("nccl: " + std::to_string(here) + " ranks, but this machine has " +
                        std::to_string(devices) + " GPU" + (devices == 1 ? "" : "s") +
                        ", and each rank needs one to itself. Fix: start fewer ranks, or let every "
                        "process see all GPUs of its machine");
  check(cudaSetDevice(static_cast<int>(before)), "cudaSetDevice");
  return Nccl(std::move(control));
}

/// Calls body(communicator) on threads of this process with a GPU each, and fails as threads::run does.
/// Over processes, with MPI: mpi::run([&](Mpi& mpi) { body(nccl::one_gpu_each(mpi)); }).
template <class Body>
void run(int ranks, const Body& body) {
  threads::run(ranks, [&](Threads& control) {
    Nccl communicator = one_gpu_each(control);
    body(communicator);
  });
}

}  // namespace nccl

}  // namespace shardbound::inline v0
