// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A file for the length of a test, in the system's folder for such.

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

namespace shardbound_test {

class Temporary {
 public:
  /// Writes `bytes` under a fresh name that ends in `suffix`.
  Temporary(const std::string& suffix, const std::string& bytes) {
    static std::atomic<int> count{0};
    name_ =
        (std::filesystem::temp_directory_path() / ("shardbound_test_" + std::to_string(::getpid()) +
                                                   "_" + std::to_string(++count) + "_" + suffix))
            .string();
    std::ofstream(name_, std::ios::binary) << bytes;
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    std::error_code ignored;
    std::filesystem::remove(name_, ignored);
  }

  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

}  // namespace shardbound_test
