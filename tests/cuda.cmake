# SPDX-License-Identifier: BSD-3-Clause

# Tests on a GPU. They are compiled where SHARDBOUND_CUDA asks for it; where there is no GPU each of them ends
# in 77 and shows as skipped, and so do their entries in a build without CUDA.

# All that the label `cuda` runs.
add_custom_target(shardbound_gpu_tests)
foreach(target IN ITEMS shardbound_runner shardbound_runner_cuda acasxu acasxu_cuda bounds_on_gpu)
  if(TARGET ${target} AND TARGET shardbound::cuda)
    add_dependencies(shardbound_gpu_tests ${target})
  endif()
endforeach()

# shardbound_cuda_entry(<name> <target> [arguments])
function(shardbound_cuda_entry name target)
  if(TARGET ${target})
    add_dependencies(shardbound_gpu_tests ${target})
    add_test(NAME ${name} COMMAND ${target} ${ARGN})
    set_tests_properties(${name} PROPERTIES
      SKIP_RETURN_CODE 77                                   # tests/support/skip.hpp
      FAIL_REGULAR_EXPRESSION "test cases: +0 \\|")
  else()
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo
      "SKIPPED: this build has no CUDA. Fix: SHARDBOUND_CUDA=ON, or preset cuda, with the CUDA toolkit (and NCCL).")
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "^SKIPPED: this build has no CUDA")
  endif()
  # One at a time: memory on a GPU is counted to the byte.
  set_tests_properties(${name} PROPERTIES LABELS cuda RESOURCE_LOCK gpu)
endfunction()

# shardbound_cuda_tests(<file.cu>...): an executable for each file of tests/cuda. nccl_test.cu links NCCL.
function(shardbound_cuda_tests)
  if(SHARDBOUND_TEST_FOLDERS AND NOT "cuda" IN_LIST SHARDBOUND_TEST_FOLDERS)
    return()
  endif()
  foreach(file IN LISTS ARGN)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/cuda/${file}")
      continue()
    endif()
    string(REGEX REPLACE "\\.cu$" "" name "${file}")
    set(links shardbound::cuda)
    if(name MATCHES "nccl")
      set(links shardbound::nccl)
    endif()
    set(target shardbound_cuda_${name})
    if(TARGET ${links})
      add_executable(${target} cuda/${file})
      target_link_libraries(${target} PRIVATE shardbound_test_main shardbound_test_gpu_engine ${links})
      shardbound_warnings(${target})
    endif()
    shardbound_cuda_entry(cuda/${name} ${target})
  endforeach()
endfunction()

# The tests of tests/oracle on a GPU, see oracle/units.cmake: as they were compiled for the CPU.
if(TARGET shardbound_oracle_cuda_units AND
   (NOT SHARDBOUND_TEST_FOLDERS OR "oracle" IN_LIST SHARDBOUND_TEST_FOLDERS))
  set(names oracle_test alpha_test expected_test ranks_test operators_test)
  list(TRANSFORM names REPLACE "(.+)" "$<TARGET_OBJECTS:shardbound_oracle_\\1>" OUTPUT_VARIABLE objects)
  add_executable(shardbound_oracle_cuda_tests ${objects})
  set_target_properties(shardbound_oracle_cuda_tests PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(shardbound_oracle_cuda_tests PRIVATE
    shardbound_test_main shardbound_oracle_cuda_units shardbound_test_front_end)
  foreach(name IN LISTS names)
    shardbound_cuda_entry(cuda/${name} shardbound_oracle_cuda_tests
      --source-file=*/tests/oracle/${name}.cpp)
  endforeach()
endif()
