// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One rank's share of a GPU: a stream, a pool of memory, and graphs of work that is done again.

#include <shardbound/backend/cuda/check.cuh>

#include <nvtx3/nvToolsExt.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cuda {

/// The calling thread's current device; allocates nothing on it. Throws DeviceError, in words for people,
/// where there is none.
inline int current_device() {
  int count = 0, number = 0;
  const cudaError_t found = cudaGetDeviceCount(&count);
  if (found != cudaSuccess || count == 0) {
    (void)cudaGetLastError();
    throw DeviceError(std::string("CUDA: there is no GPU to work on") +
                      (found == cudaSuccess ? "" : std::string(": ") + cudaGetErrorString(found)));
  }
  check(cudaGetDevice(&number), "cudaGetDevice");
  return number;
}
/// "NVIDIA H200".
inline std::string name_of_device(int number) {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, number), "cudaGetDeviceProperties");
  return properties.name;
}

/// Whether a GPU can read another's memory.
inline bool reaches(int reader, int other) {
  int can = reader == other;
  if (!can) check(cudaDeviceCanAccessPeer(&can, reader, other), "cudaDeviceCanAccessPeer");
  return can != 0;
}

/// The calling thread's current device. Throws DeviceError where there is none.
class Device {
 public:
  Device() : number_(current_device()) {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location = {cudaMemLocationTypeDevice, number_};
    check(cudaMemPoolCreate(&pool_, &properties), "cudaMemPoolCreate");
    std::uint64_t keep_all = ~std::uint64_t{0};
    check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &keep_all),
          "cudaMemPoolSetAttribute");
  }
  ~Device() {
    try {
      wait();
    } catch (...) {  // whoever waits for results has been told
    }
    if (pool_) cudaMemPoolDestroy(pool_);
    if (stream_) cudaStreamDestroy(stream_);
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  cudaStream_t stream() const { return stream_; }
  std::string name() const { return name_of_device(number_); }

  /// Null if there is not as much.
  void* allocate(std::size_t bytes) {
    void* memory = nullptr;
    const cudaError_t answer = cudaMallocFromPoolAsync(&memory, bytes, pool_, stream_);
    if (answer == cudaErrorMemoryAllocation) {
      (void)cudaGetLastError();
      return nullptr;
    }
    check(answer, "cudaMallocFromPoolAsync");
    return memory;
  }
  void deallocate(void* memory) { (void)cudaFreeAsync(memory, stream_); }
  /// Lets the process's other GPUs reach this memory, those that can.
  void share() {
    if (std::exchange(shared_, true)) return;
    int count = 0;
    check(cudaGetDeviceCount(&count), "cudaGetDeviceCount");
    std::vector<cudaMemAccessDesc> peers;
    for (int peer = 0; peer < count; ++peer)
      if (peer != number_ && reaches(peer, number_))
        peers.push_back({{cudaMemLocationTypeDevice, peer}, cudaMemAccessFlagsProtReadWrite});
    if (!peers.empty())
      check(cudaMemPoolSetAccess(pool_, peers.data(), peers.size()), "cudaMemPoolSetAccess");
  }
  /// The most bytes that were ever in use at once, as the driver counts them.
  std::size_t peak_bytes() const {
    std::uint64_t most = 0;
    check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrUsedMemHigh, &most),
          "cudaMemPoolGetAttribute");
    return static_cast<std::size_t>(most);
  }

  void copy(const void* from, void* to, std::size_t bytes, cudaMemcpyKind kind) {
    if (bytes == 0) return;
    if (kind == cudaMemcpyDeviceToHost) wait_watching();
    check(cudaMemcpyAsync(to, from, bytes, kind, stream_), "cudaMemcpyAsync");
  }

  /// Until all work is done.
  void wait() {
    wait_watching();
    check(cudaStreamSynchronize(stream_), "the GPU's work");
  }
  void watch(std::function<void()> look) { look_ = std::move(look); }

 private:
  // Work of ours may wait for a peer that is gone.
  void wait_watching() {
    if (!look_) return;
    for (;;) {
      const cudaError_t state = cudaStreamQuery(stream_);
      look_();
      if (state != cudaErrorNotReady) return check(state, "the GPU's work");
      std::this_thread::yield();
    }
  }

  int number_;
  cudaStream_t stream_ = nullptr;
  cudaMemPool_t pool_ = nullptr;
  std::function<void()> look_;
  bool shared_ = false;
};

/// A name for what follows, up to the end of its scope, in the timelines of profilers (NVTX).
class Range {
 public:
  explicit Range(const char* name) { nvtxRangePushA(name); }
  ~Range() { nvtxRangePop(); }
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
};

/// Work on a stream as one launch. The first run is done by hand, so that whatever is set up on first use
/// is there; the second is recorded.
class Graph {
 public:
  Graph() = default;
  Graph(Graph&& other) noexcept
      : warm_(other.warm_), recorded_(std::exchange(other.recorded_, nullptr)) {}
  Graph& operator=(Graph other) noexcept {
    std::swap(warm_, other.warm_);
    std::swap(recorded_, other.recorded_);
    return *this;
  }
  ~Graph() {
    if (recorded_) cudaGraphExecDestroy(recorded_);
  }

  template <class Work>
  void run(cudaStream_t stream, const Work& work) {
    if (!warm_) {
      work();
      warm_ = true;
      return;
    }
    if (!recorded_) record(stream, work);
    check(cudaGraphLaunch(recorded_, stream), "cudaGraphLaunch");
  }

 private:
  template <class Work>
  void record(cudaStream_t stream, const Work& work) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal),
          "cudaStreamBeginCapture");
    cudaGraph_t graph = nullptr;
    try {
      work();
    } catch (...) {
      (void)cudaStreamEndCapture(stream, &graph);
      if (graph) cudaGraphDestroy(graph);
      throw;
    }
    check(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
    const cudaError_t made = cudaGraphInstantiate(&recorded_, graph, 0);
    cudaGraphDestroy(graph);
    check(made, "cudaGraphInstantiate");
  }

  bool warm_ = false;
  cudaGraphExec_t recorded_ = nullptr;
};

}  // namespace shardbound::inline v0::cuda
