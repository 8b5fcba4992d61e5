// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Reference results (../shared/oracles) and what is said of ours beside them. Without the folder there
// is no verdict, and the row says so.

#include <shardbound/io/file.hpp>
#include <shardbound/spec/property.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace shardbound_bench {

namespace sb = shardbound;

/// The folder of shared data, or of `file` in it.
inline std::string shared(const std::string& file) {
  return std::string(SHARDBOUND_SHARED_DIR) + "/" + file;
}

/// Reads a .json.gz below the oracles' folder; null if it is not there.
inline nlohmann::json read_oracle(const std::string& file) {
  const std::string path = shared("oracles/" + file);
  if (!std::filesystem::exists(path)) return nullptr;
  return nlohmann::json::parse(sb::io::InputFile(path).read_all(std::int64_t{1} << 30));
}

/// The reference's lower bounds of a generated network's outputs; none if it has none by that method.
inline std::vector<double> wide_oracle(const std::string& network, const std::string& method) {
  const auto oracle = read_oracle("wide_mlp.json.gz");
  if (oracle.is_null() || !oracle.at("nets").contains(network)) return {};
  const auto& net = oracle.at("nets").at(network);
  return net.contains(method) ? net.at(method).get<std::vector<double>>() : std::vector<double>{};
}

/// What a comparison found. `agrees` is false only where numbers were compared and differ too much.
struct Verdict {
  bool agrees = true;
  std::string text = "no oracle";
};

inline std::string shown(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", number);
  return text;
}

/// Lower bounds beside the reference's: |ours - oracle| <= tolerance * max(1, |oracle|).
class Comparison {
 public:
  explicit Comparison(double tolerance) : tolerance_(tolerance) {}

  void equal(double ours, double oracle) {
    const double scale = std::max(1.0, std::abs(oracle));
    note(std::abs(ours - oracle) / scale);
  }
  /// Ours may be tighter.
  void at_least(double ours, double oracle) {
    const double scale = std::max(1.0, std::abs(oracle));
    note(std::max(0.0, oracle - ours) / scale);
    tighter_ = std::max(tighter_, (ours - oracle) / scale);
  }

  Verdict verdict(const std::string& than = "") const {
    if (count_ == 0) return {false, "DISAGREES: nothing was compared"};
    const bool agrees = worst_ <= tolerance_;
    std::string text = agrees ? "agrees" : "DISAGREES";
    if (!than.empty())
      text += ": below " + than + " by at most " + shown(worst_) + ", above by up to " +
              shown(tighter_);
    else
      text += ", max difference " + shown(worst_);
    return {agrees, text + " (" + std::to_string(count_) + " numbers)"};
  }

 private:
  void note(double difference) {
    ++count_;
    if (!(difference <= worst_)) worst_ = difference;
  }

  double tolerance_, worst_ = 0, tighter_ = 0;
  std::size_t count_ = 0;
};

}  // namespace shardbound_bench
