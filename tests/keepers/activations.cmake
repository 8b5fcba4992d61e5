# SPDX-License-Identifier: BSD-3-Clause

# cmake -DROOT=<repository> -P activations.cmake
# What an activation of the library must have: a place in KnownActivations, from which the reader of ONNX,
# random networks, the zoo and the tests of all activations follow; and a test of its own, which samples.

# file=what in it makes it cover every activation that is listed
set(coverage
  include/shardbound/io/onnx_rules.hpp=for_each_known_activation
  tests/support/activations.hpp=for_each_known_activation
  tests/support/random_network.hpp=random_coefficients
  tests/support/zoo.hpp=KnownActivations
  tests/expr/neuron_test.cpp=for_each_known_activation
  tests/soundness/activations_test.cpp=for_each_known_activation
  tests/soundness/sampling_test.cpp=zoo::Every
  tests/ranks/random_policies_test.cpp=zoo::Every)

# Headers of relax/ that hold no activation.
set(vocabulary line free_slope coefficients chord bent periodic gaps)

cmake_policy(VERSION 3.25)
set(problems)
set(layer include/shardbound/layer/activation.hpp)
file(READ "${ROOT}/${layer}" text)
string(REGEX MATCHALL "using [A-Za-z0-9]+ = Activation<relax::[A-Za-z0-9]+>" aliases "${text}")
if(NOT text MATCHES "using KnownActivations =[ \n]*ActivationList<([^>]*)>")
  message(FATAL_ERROR "activations:\n  ${layer}: no list KnownActivations = ActivationList<...>")
endif()
string(REGEX MATCHALL "[A-Za-z0-9]+" listed "${CMAKE_MATCH_1}")

# Every relaxation is a layer, and every layer is listed.
set(headers)
file(GLOB files RELATIVE "${ROOT}/include/shardbound/relax" "${ROOT}/include/shardbound/relax/*.hpp")
foreach(file IN LISTS files)
  string(REGEX REPLACE "\\.hpp$" "" header "${file}")
  if(header IN_LIST vocabulary)
    continue()
  endif()
  list(APPEND headers ${header})
  if(NOT text MATCHES "#include <shardbound/relax/${header}\\.hpp>")
    list(APPEND problems "${layer}: it includes no relax/${header}.hpp; name its activation there")
  endif()
endforeach()
set(named)
foreach(alias IN LISTS aliases)
  string(REGEX REPLACE "using (.*) = Activation<relax::(.*)>" "\\1;\\2" both "${alias}")
  list(GET both 0 name)
  list(GET both 1 functor)
  list(APPEND named ${name})
  if(NOT name STREQUAL functor)
    list(APPEND problems "${layer}: ${name} is relax::${functor}; both go by one name")
  endif()
  if(NOT name IN_LIST listed)
    list(APPEND problems "${layer}: ${name} is not in KnownActivations, so nothing reads or tests it")
  endif()
endforeach()

# Every one that is listed has its test.
foreach(name IN LISTS listed)
  if(NOT name IN_LIST named)
    list(APPEND problems "${layer}: ${name} is listed but is no Activation<relax::${name}>")
  endif()
  set(home)
  foreach(header IN LISTS headers)
    file(STRINGS "${ROOT}/include/shardbound/relax/${header}.hpp" lines REGEX "name = \"${name}\"")
    if(lines)
      set(home ${header})
    endif()
  endforeach()
  if(NOT home)
    list(APPEND problems "no header of relax/ holds a functor with name = \"${name}\"")
    continue()
  endif()
  set(test "tests/relax/${home}_test.cpp")
  if(NOT EXISTS "${ROOT}/${test}")
    list(APPEND problems "${name} has no test: write ${test}")
    continue()
  endif()
  file(READ "${ROOT}/${test}" test_text)
  if(NOT test_text MATCHES "relax::${name}[^A-Za-z0-9]" OR NOT test_text MATCHES "worst_(curve_)?violation")
    list(APPEND problems "${test}: it does not sample relax::${name} with worst_violation or worst_curve_violation")
  endif()
endforeach()

foreach(entry IN LISTS coverage)
  string(REGEX REPLACE "=.*" "" file "${entry}")
  string(REGEX REPLACE ".*=" "" words "${entry}")
  set(lines)
  if(EXISTS "${ROOT}/${file}")
    file(STRINGS "${ROOT}/${file}" lines REGEX "${words}")
    list(FILTER lines EXCLUDE REGEX "^ *//")
  endif()
  if(NOT lines)
    list(APPEND problems "${file}: without ${words} it covers no new activation")
  endif()
endforeach()

if(problems)
  list(JOIN problems "\n  " problems)
  message(FATAL_ERROR "activations:\n  ${problems}")
endif()
list(LENGTH listed count)
message(STATUS "activations: ${count}, each read, drawn, bounded and tested")
