// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network with its numbers, as one rank holds it: the plan, the tables of code, the communicator, and
// every parameter. `Instance` no longer knows the network's type - methods are written against it - and
// `Network` adds the type back for the user. What passes write belongs to them, so that a network whose numbers
// are set may be read by several passes at once; what they cannot do at once they take in turns (turn.hpp).

#include <shardbound/network/parameter_setters.hpp>
#include <shardbound/network/turn.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace shardbound::inline v0 {

class EigenBackend;  // what networks live on unless they are told otherwise

/// Passes point into it, so it stays where it was made.
template <class T, class Backend>
class Instance : public ParameterSetters<T, Backend> {
 public:
  using Scalar = T;

  Instance(PlanView plan, Kernels<T, Backend> kernels, AnyCommunicator communicator,
           std::unique_ptr<Backend> backend, Store store)
      : ParameterSetters<T, Backend>(plan, kernels, std::move(communicator), std::move(backend),
                                     store),
        turns_(std::make_shared<Turns>(this->layout().ranks() > 1    ? Turns::Rule::refuse
                                       : Backend::works_concurrently ? Turns::Rule::none
                                                                     : Turns::Rule::wait)) {
    index_t largest = 0;
    for (const int v : this->product_nodes()) {
      const auto& weight = this->parameters(v).weight;
      if (weight.is_gathered()) largest = std::max(largest, weight.share(0));
    }
    for (auto& buffer : gathered_)
      if (largest > 0)
        buffer = {this->backend(), this->layout().ranks() * largest, Category::gathered};
  }

  /// This rank's network without its peers, if every number is here (is_whole); else null. It has the same numbers, which
  /// take no memory a second time, belongs to the same thread, and must not outlive this one.
  std::unique_ptr<const Instance> alone() const {
    if (!this->is_whole()) return nullptr;
    return std::unique_ptr<const Instance>(new Instance(*this, typename Base::Alone{}));
  }

  /// The right to work on this network, for a pass. Where it is refused, every rank stops: the other thread may
  /// already have met ranks on which this one was first.
  Turn turn() const {
    try {
      return Turn(*turns_);
    } catch (const ArgumentError& error) {
      AnyCommunicator(this->exchange().communicator()).abort(error.what());
    }
  }
  /// Numbers of space that a product with any of the matrices needs.
  index_t product_workspace() const {
    index_t most = 0;
    for (const int v : this->product_nodes()) {
      const auto& weight = this->parameters(v).weight;
      const index_t out = weight.rows().count, in = weight.width();
      if (out == 0 || in == 0) continue;
      const index_t elements = this->backend().panel_elements(in);
      for (index_t p :
           {index_t{0}, panel_count(out, in, elements) - 1}) {  // only the last may be lower
        const index_t height = panel(out, in, p, elements).count;
        most = std::max(
            most, weight.geometry().is_dense()
                      ? this->backend().template product_workspace<T>(height, padded(in))
                      : this->backend().template window_workspace<T>(weight.geometry(), height));
      }
    }
    return most;
  }

  /// Calls use(PanelView) for the panels of a product's matrix in their order. Where ranks keep shares,
  /// each panel is gathered first - the next one while `use` works on this one - so that every rank
  /// must call this, also those that have no use for it. (panels x all_gather, W's size in all)
  template <class Use>
  void for_each_panel(int node, const Use& use) const {
    for_each_panel(
        node, [](index_t) { return true; }, use);
  }
  /// The same for those panels whose numbers are wanted, which every rank must say alike.
  template <class Wanted, class Use>
  void for_each_panel(int node, const Wanted& wanted, const Use& use) const {
    const auto& weight = this->parameters(node).weight;
    const auto next = [&, count = weight.panels()](index_t p) {
      while (p < count && !wanted(p)) ++p;
      return p;
    };
    if (!weight.is_gathered()) {
      for (index_t p = next(0); p < weight.panels(); p = next(p + 1)) use(weight.panel(p));
      return;
    }
    const auto buffer = [&](int turn) {
      return gathered_[static_cast<std::size_t>(turn % 2)].data();
    };
    const auto begin = [&](index_t p, int turn) {
      if (p < weight.panels())
        this->exchange().begin_all_gather(weight.share_of(p), buffer(turn), weight.share(p));
    };
    index_t p = next(0);
    begin(p, 0);
    for (int turn = 0; p < weight.panels(); ++turn) {
      this->exchange().end_all_gather();
      const index_t following = next(p + 1);
      begin(following, turn + 1);
      use(weight.panel(p, buffer(turn)));
      p = following;
    }
  }
  /// Bytes of all matrices, each as often as there are positions where it is used: what one rank's products read.
  std::size_t weight_bytes_read() const {
    index_t numbers = 0;
    for (const int v : this->product_nodes()) {
      const auto& weight = this->parameters(v).weight;
      numbers += weight.geometry().out_positions() * weight.out() * padded(weight.in());
    }
    return static_cast<std::size_t>(numbers) * sizeof(T);
  }
  /// Bytes that this rank receives for one panel; for all of them.
  std::uint64_t gathered_bytes(int node, index_t panel) const {
    const auto& weight = this->parameters(node).weight;
    const index_t numbers =
        weight.is_gathered() ? weight.share(panel) * (this->exchange().size() - 1) : 0;
    return static_cast<std::uint64_t>(numbers) * sizeof(T);
  }
  std::uint64_t gathered_bytes(int node) const {
    const auto& weight = this->parameters(node).weight;
    std::uint64_t bytes = 0;
    for (index_t p = 0; weight.is_gathered() && p < weight.panels(); ++p)
      bytes += gathered_bytes(node, p);
    return bytes;
  }

 private:
  using Base = LayerParameters<T, Backend>;

  Instance(const Instance& whole, typename Base::Alone alone)
      : ParameterSetters<T, Backend>(whole, alone), turns_(whole.turns_) {}

  // Panels as they come together. One pass at a time gathers: see turn().
  std::array<Buffer<T, Backend>, 2> gathered_;
  std::shared_ptr<Turns> turns_;
};

/// A network of type Net with scalar T on a backend, as this rank of a communicator holds it. All ranks
/// make it alike, give it the same numbers and ask it the same questions. `threads` is the number of
/// this rank's threads, where the backend has a use for them. Nothing is bounded before all weights are set
/// or loaded (io.hpp); missing() says which are not. Once they are, passes of several threads may share a
/// network that is one rank's alone; where ranks share it, it belongs to one thread of each.
template <class Net, class T = double, class Backend = EigenBackend>
class Network : public Instance<T, Backend> {
 public:
  explicit Network(AnyCommunicator communicator = {}, int threads = 1,
                   Store store = Store::as_declared)
      : Network(std::move(communicator), make_backend(threads), store) {}
  Network(AnyCommunicator communicator, std::unique_ptr<Backend> backend,
          Store store = Store::as_declared)
      : Instance<T, Backend>(PlanOf<Net>::view(), kernels_of<Net, T, Backend>(),
                             std::move(communicator), std::move(backend), store) {}
  // Passes point into it: keep it where it is made, or in a unique_ptr.
  Network(Network&&) = delete;

 private:
  static std::unique_ptr<Backend> make_backend(int threads) {
    if constexpr (std::constructible_from<Backend, int>)
      return std::make_unique<Backend>(threads);
    else
      return std::make_unique<Backend>();
  }
};

}  // namespace shardbound::inline v0
