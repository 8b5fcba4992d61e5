# SPDX-License-Identifier: BSD-3-Clause

# shardbound_warnings(<target>): our own programs are built without warnings, and in the presets
# that developers use (SHARDBOUND_DEV_WARNINGS) a warning is an error. Not installed.
function(shardbound_warnings target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow>
    # What nvcc writes itself is not pedantic, and its own pragmas are news to the host's compiler.
    $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wno-unknown-pragmas>)
  # g++ 12 takes its own AVX-512 intrinsics for uses of what was never set.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:-Wno-uninitialized -Wno-maybe-uninitialized>)
  endif()
  if(SHARDBOUND_DEV_WARNINGS)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:-Werror>
      $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings>)
  endif()
endfunction()
