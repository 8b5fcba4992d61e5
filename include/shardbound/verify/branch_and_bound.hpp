// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What bounds of a region leave open is cut up until it is decided: over the inputs where few of them are free, over the
// neurons elsewhere.

#include <shardbound/verify/input_search.hpp>
#include <shardbound/verify/search_neurons.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct BranchAndBoundOptions {
  Method method{};  ///< of boxes whose neurons are cut
  Capacity capacity{};
  InputSearchOptions inputs{};
  NeuronSearchOptions neurons{};
  SearchObserver see{};
  Observer* observer = nullptr;
};

/// Where several ranks share the engines each runs one of these, and they find the same.
class BranchAndBound {
 public:
  /// `exact` works in float64 and proves what `bounding` finds; what they were prepared for is replaced.
  BranchAndBound(Engine& bounding, Engine& exact, const Property& property, Attack& attack,
                 BranchAndBoundOptions options)
      : bounding_(&bounding),
        exact_(&exact),
        property_(&property),
        attack_(&attack),
        options_(std::move(options)),
        inputs_(exact, property, attack, with(options_.inputs, options_.see)) {}

  /// Tries to refute conjunctions of a region, which have rows, over a finite box; or meets a counterexample. Throws
  /// Cancelled.
  std::optional<Counterexample> run(std::size_t region, const std::vector<std::size_t>& open,
                                    const CancelToken* cancel) {
    progress_ = {};
    refuted_.assign(property_->regions[region].unsafe.size(), false);
    if (options_.method.descent != Descent::input) return {};
    if (inputs_.suits(region))
      return run(inputs_, [&] { return inputs_.run(region, open, cancel); });
    // Parts have slopes, and so need rows of their own on every rank.
    for (const Engine* engine : {bounding_, exact_})
      if (engine->ranks() > 1 && engine->plan().joint_node() >= 0) return {};
    SearchOfNeurons search(*bounding_, *exact_, *property_, region, *attack_,
                           {options_.method, options_.capacity, options_.neurons, cancel,
                            options_.observer, options_.see});
    return run(search, [&] { return search.run(open); });
  }

  /// Of the last run, by conjunction of its region.
  const std::vector<bool>& refuted() const { return refuted_; }
  const SearchProgress& progress() const { return progress_; }

 private:
  // How far a search came is known also where it was stopped.
  template <class Search, class Run>
  std::optional<Counterexample> run(const Search& search, const Run& body) {
    try {
      auto hit = body();
      refuted_ = search.refuted();
      progress_ = search.progress();
      return hit;
    } catch (const Cancelled&) {
      progress_ = search.progress();
      throw;
    }
  }
  static InputSearchOptions with(InputSearchOptions options, SearchObserver see) {
    options.see = std::move(see);
    return options;
  }

  Engine *bounding_, *exact_;
  const Property* property_;
  Attack* attack_;
  BranchAndBoundOptions options_;
  InputSearch inputs_;
  std::vector<bool> refuted_;
  SearchProgress progress_;
};

}  // namespace shardbound::inline v0
