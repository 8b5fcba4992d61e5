# SPDX-License-Identifier: BSD-3-Clause

# What every test would otherwise compile again, and nearly all of the time that tests take to build: headers,
# precompiled, and the engine behind a network's type, instantiated once (compiled/engine.hpp).
# CMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds each test with nothing but what it includes.
add_library(shardbound_test_engine STATIC
  compiled/eigen_float.cpp
  compiled/eigen_double.cpp
  compiled/checked_float.cpp
  compiled/checked_double.cpp)
target_link_libraries(shardbound_test_engine PUBLIC shardbound_test_base shardbound::shardbound)
target_precompile_headers(shardbound_test_engine PRIVATE
  <doctest/doctest.h> <tests/compiled/engine.hpp>)
shardbound_warnings(shardbound_test_engine)
shardbound_tune(shardbound_test_engine)

# shardbound_use_compiled(<target>): for C++ with the warnings and the instruction set of all tests.
function(shardbound_use_compiled target)
  target_link_libraries(${target} PRIVATE shardbound_test_engine)
  target_precompile_headers(${target} REUSE_FROM shardbound_test_engine)
endfunction()
