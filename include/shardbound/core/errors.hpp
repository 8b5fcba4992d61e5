// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Errors. Every failure at run time is one sentence that names the file, layer or number at fault;
// the type says who can mend it. Checks that guard soundness are never compiled out.

#include <shardbound/core/config.hpp>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

namespace shardbound::inline v0 {

/// What every exception of the library derives from.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A call's arguments are off: a box of the wrong size, an unknown method, a wave of no rows.
class ArgumentError : public Error {
 public:
  using Error::Error;
};

/// Extents that do not fit together, with both numbers.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A file that is damaged, or holds something that is not understood; names the file and the place.
class FormatError : public Error {
 public:
  using Error::Error;
};

/// A rank failed or the ranks no longer agree; names the rank.
class CommError : public Error {
 public:
  using Error::Error;
};

/// A device refused or lost work.
class DeviceError : public Error {
 public:
  using Error::Error;
};

/// Memory that was not to be had, with the number of bytes and what they were for.
class OutOfMemory : public Error {
 public:
  using Error::Error;
};

/// What an exception says.
inline std::string what_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::bad_alloc&) {
    return "no memory left";
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an unknown error";
  }
}

}  // namespace shardbound::inline v0
