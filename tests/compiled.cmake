# SPDX-License-Identifier: BSD-3-Clause

# What every test would otherwise compile again, and nearly all of the time that tests take to build: headers,
# precompiled, and code, instantiated once and linked. A static library holds both, one for the floors up to
# the methods and one for files and the command line; <library>_unoptimised holds the headers for tests without
# optimisation, which link the same code.

# shardbound_compiled_for_tests(<target> <file.cpp>... HEADERS <header>... LINK <target>...)
function(shardbound_compiled_for_tests target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;LINK")
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${arg_UNPARSED_ARGUMENTS})
  add_library(${target}_unoptimised OBJECT EXCLUDE_FROM_ALL compiled/headers_alone.cpp)
  target_compile_options(${target}_unoptimised PRIVATE -O0)
  foreach(library IN ITEMS ${target} ${target}_unoptimised)
    target_link_libraries(${library} PUBLIC shardbound_test_base ${arg_LINK})
    target_precompile_headers(${library} PRIVATE
      <doctest/doctest.h> <tests/compiled/engine.hpp> ${arg_HEADERS})
    shardbound_warnings(${library})
    shardbound_tune(${library})
  endforeach()
endfunction()

# shardbound_use_compiled(<target> <one of the libraries>): for C++ with the flags that all LONG tests have.
function(shardbound_use_compiled target library)
  target_link_libraries(${target} PRIVATE ${library})
  target_precompile_headers(${target} REUSE_FROM ${library})
endfunction()

# The engine behind a network's type: compiled/engine.hpp.
shardbound_compiled_for_tests(shardbound_test_engine
  compiled/eigen_float.cpp
  compiled/eigen_double.cpp
  compiled/checked_float.cpp
  compiled/checked_double.cpp
  LINK shardbound::shardbound)

# Where code for tests is linked without their main program.
add_library(shardbound_test_no_main STATIC EXCLUDE_FROM_ALL support/doctest_without_main.cpp)
target_link_libraries(shardbound_test_no_main PUBLIC shardbound_test_base)
shardbound_warnings(shardbound_test_no_main)

# Examples are of one file. Each is compiled as it stands, with its own includes, and told at its end what is compiled
# already: what is left is what it adds. They run for a moment.
foreach(example IN ITEMS bounds_in_code verify_in_code custom_activation
        guide_first_bounds guide_weights_and_sets guide_passes guide_slopes guide_sharding guide_own_activation
        guide_processes)
  if(TARGET ${example})
    get_target_property(folder ${example} SOURCE_DIR)
    get_target_property(file ${example} SOURCES)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/examples/${example}.cpp")
    file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT
      "#include \"@folder@/@file@\"\n\n#include <tests/compiled/eigen_engine.hpp>\n")
    set_target_properties(${example} PROPERTIES SOURCES "${source}")
    target_link_libraries(${example} PRIVATE shardbound_test_engine shardbound_test_no_main)
    target_compile_options(${example} PRIVATE -O0)
  endif()
endforeach()
foreach(example IN ITEMS verify_a_file mnist_fc_256x2 sharp_softplus_runner)
  if(TARGET ${example})
    target_compile_options(${example} PRIVATE -O0)
  endif()
endforeach()

# The front end as programs have it, units of the small network, and those for files of any: support/run_cli.hpp. The
# reader too, for tests of what it makes of a file.
if(TARGET shardbound_runtime)
  _shardbound_front_end()
  shardbound_compiled_for_tests(shardbound_test_front_end
    compiled/small_units.cpp support/onnx_cases.cpp
    HEADERS <shardbound/io.hpp> <shardbound/cli/make_unit.hpp>  # nothing of CLI11: each test would compile its parsers
    LINK shardbound_front_end shardbound_runtime shardbound_test_engine)
endif()

# The same for GPUs: compiled/gpu_engine.cuh. Compiled for no machine in particular, as nvcc compiles host code.
if(TARGET shardbound::cuda)
  add_library(shardbound_test_gpu_engine STATIC EXCLUDE_FROM_ALL
    compiled/eigen_float.cpp compiled/eigen_double.cpp compiled/poisoned_float.cu compiled/poisoned_double.cu)
  target_link_libraries(shardbound_test_gpu_engine PUBLIC shardbound_test_base shardbound::cuda)
  target_compile_options(shardbound_test_gpu_engine PUBLIC $<$<COMPILE_LANGUAGE:CUDA>:-diag-suppress=20208>)
  shardbound_warnings(shardbound_test_gpu_engine)
endif()
