# SPDX-License-Identifier: BSD-3-Clause

# The machine's instruction set, on executables only: a header-only library must not force it on
# whoever links it, and all units of one executable must agree on it.

include(CheckCXXCompilerFlag)

if(NOT DEFINED PROJECT_IS_TOP_LEVEL)
  set(PROJECT_IS_TOP_LEVEL ON)
endif()
option(SHARDBOUND_NATIVE "Compile executables for this machine's instruction set"
       ${PROJECT_IS_TOP_LEVEL})

# shardbound_tune(<target> [PUBLIC]): adds -march=native to a program's C++ if SHARDBOUND_NATIVE is on; PUBLIC for a
# library with compiled code, whose users must have it too.
function(shardbound_tune target)
  if(NOT SHARDBOUND_NATIVE)
    return()
  endif()
  check_cxx_compiler_flag(-march=native SHARDBOUND_HAS_MARCH_NATIVE)
  set(scope PRIVATE)
  if("PUBLIC" IN_LIST ARGN)
    set(scope PUBLIC)
  endif()
  if(SHARDBOUND_HAS_MARCH_NATIVE)
    target_compile_options(${target} ${scope} $<$<COMPILE_LANGUAGE:CXX>:-march=native>)
  endif()
endfunction()
