// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One instantiation of a verifier: a network type with one scalar, behind a plain interface. The front
// end, compiled once, picks among them at run time; cli/make_unit.hpp makes them, each in a translation
// unit of its own.

#include <shardbound/bound/engine.hpp>
#include <shardbound/io/file.hpp>
#include <shardbound/io/model.hpp>

#include <memory>

namespace shardbound::inline v0::cli {

struct Unit {
  std::string_view scalar;  ///< "float32" or "float64"
  /// A fresh network on `threads` threads; its weights are zero if there is no file.
  std::unique_ptr<Engine> (*make)(int threads, const io::InputFile* file, const io::Model* model);
};

}  // namespace shardbound::inline v0::cli
