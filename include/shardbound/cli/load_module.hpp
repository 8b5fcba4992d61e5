// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Loading the module with a verifier's units for a GPU, from the folder that the executable is in.

#include <shardbound/cli/module.hpp>
#include <shardbound/core/errors.hpp>

#include <dlfcn.h>

#include <cstring>
#include <filesystem>
#include <string>

namespace shardbound::inline v0::cli {

/// The folder of the running program.
inline std::filesystem::path program_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error)
    throw ArgumentError("--device cuda: cannot tell where this program is: " + error.message());
  return program.parent_path();
}

/// The module of that file name ("acasxu_cuda.so"; empty: none was built). It is never unloaded: engines
/// and exceptions have their code in it. Throws ArgumentError.
inline const Module& load_module(const std::string& file) {
  if (file.empty())
    throw ArgumentError(
        "this verifier was built without --device cuda. Fix: give shardbound_add_verifier the word "
        "CUDA");
  const auto path = program_folder() / file;
  if (!std::filesystem::exists(path))
    throw ArgumentError("--device cuda: there is no " + path.string() + ". Fix: build the target " +
                        path.stem().string() + ", or put the file beside this program");
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    // Each thread has its own. NOLINTNEXTLINE(concurrency-mt-unsafe)
    const char* const why = dlerror();
    throw ArgumentError("--device cuda: " + path.string() +
                        " cannot be loaded: " + (why ? why : "no reason is given"));
  }
  const auto entry = reinterpret_cast<ModuleEntry>(dlsym(library, module_entry));
  if (!entry)
    throw ArgumentError("--device cuda: " + path.string() + " is no module of a verifier");
  const Module* const module = entry();
  if (std::strcmp(module->build, module_build) != 0)
    throw ArgumentError("--device cuda: " + path.string() + " is of another build (" +
                        module->build + ") than this program (" + module_build +
                        "). Fix: build both again");
  return *module;
}

}  // namespace shardbound::inline v0::cli
