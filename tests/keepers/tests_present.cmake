# SPDX-License-Identifier: BSD-3-Clause

# cmake -DROOT=<repository> -P tests_present.cmake
# Every header has its test, and every test is in tests/list.cmake, hence built and run:
# include/shardbound/<floor>/<x>.hpp -> tests/<floor>/<x>_test.cpp, or tests/cuda/<x>_test.cu if it wants a
# GPU. Device code (.cuh) is tested by what it is for, in tests/cuda.

# Headers that carry nothing to test; a reason each. Umbrellas (include/shardbound/*.hpp) and detail/
# (tested through the headers of its folder) are exempt by rule.
set(exempt
  bound/engine.hpp    # an interface: tests/bound/engine_of_test.cpp
  bound/request.hpp   # plain data, asked in tests/bound/query_rows_test.cpp
  bound/result.hpp    # plain data, found there
  bound/row_sinks.hpp # plain data, filled in tests/bound/linear_bounds_test.cpp
  cli/unit.hpp        # an interface: tests/cli/make_unit_test.cpp
  core/config.hpp  # macros, checked by every compile
  core/errors.hpp  # names for exceptions; each is thrown in the tests of its owner
  core/precision.hpp  # names for choices
  cli/module.hpp      # an interface: tests/cli/load_module_test.cpp
  verify/minimax.hpp  # plain data, found in tests/verify/clp_test.cpp
  io/model.hpp     # plain data, filled and read in io/onnx_test.cpp
)

cmake_policy(VERSION 3.25)
set(problems)
set(listed)

function(shardbound_tests folder)
  list(REMOVE_ITEM ARGN LONG ALONE)
  list(TRANSFORM ARGN PREPEND "${folder}/")
  list(APPEND listed ${ARGN})
  set(listed ${listed} PARENT_SCOPE)
endfunction()
function(shardbound_mpi_tests folder)
  shardbound_tests(${folder} ${ARGN})
  set(listed ${listed} PARENT_SCOPE)
endfunction()
function(shardbound_clp_tests folder)
  shardbound_tests(${folder} ${ARGN})
  set(listed ${listed} PARENT_SCOPE)
endfunction()
function(shardbound_cuda_tests)
  list(REMOVE_ITEM ARGN NCCL)
  shardbound_tests(cuda ${ARGN})
  set(listed ${listed} PARENT_SCOPE)
endfunction()
include("${ROOT}/tests/list.cmake")

set(base "${ROOT}/include/shardbound")
file(GLOB_RECURSE headers RELATIVE "${base}" "${base}/*.hpp")
if(NOT headers)
  message(FATAL_ERROR "tests_present: no headers below ${base}")
endif()
foreach(header IN LISTS headers)
  if(NOT header MATCHES "/" OR header MATCHES "(^|/)detail/" OR header IN_LIST exempt)
    continue()
  endif()
  string(REGEX REPLACE "\\.hpp$" "_test.cpp" test "${header}")
  if(NOT EXISTS "${ROOT}/tests/${test}")
    string(REGEX REPLACE "^.*/(.*)\\.hpp$" "cuda/\\1_test.cu" test_on_gpu "${header}")
    if(test_on_gpu IN_LIST listed)
      continue()
    endif()
    list(APPEND problems "include/shardbound/${header} has no test: write tests/${test}")
  elseif(NOT test IN_LIST listed)
    list(APPEND problems "tests/${test} is not built: add it to tests/list.cmake")
  endif()
endforeach()
foreach(header IN LISTS exempt)
  if(NOT header IN_LIST headers)
    list(APPEND problems "the exemption of ${header} is stale: there is no such header")
  endif()
endforeach()

# The other way round: a test that nobody lists, and cases in a header, which no entry would run.
file(GLOB_RECURSE tests RELATIVE "${ROOT}/tests" "${ROOT}/tests/*_test.cpp" "${ROOT}/tests/*_test.cu")
foreach(test IN LISTS tests)
  if(NOT test IN_LIST listed)
    list(APPEND problems "tests/${test} is not built: add it to tests/list.cmake")
  endif()
endforeach()
file(GLOB_RECURSE supports RELATIVE "${ROOT}/tests" "${ROOT}/tests/*.hpp")
foreach(support IN LISTS supports)
  file(STRINGS "${ROOT}/tests/${support}" cases REGEX "^TEST_CASE")
  if(cases)
    list(APPEND problems "tests/${support} holds a TEST_CASE: ctest runs cases by their .cpp file")
  endif()
endforeach()

list(REMOVE_DUPLICATES problems)
if(problems)
  list(JOIN problems "\n  " problems)
  message(FATAL_ERROR "tests_present:\n  ${problems}")
endif()
list(LENGTH listed count)
message(STATUS "tests_present: ${count} tests, no header without one")
