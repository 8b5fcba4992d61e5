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

# shardbound_cuda_tests([NCCL] <file.cu>...): programs of the files of tests/cuda, half as many in each as of C++ files.
function(shardbound_cuda_tests)
  cmake_parse_arguments(PARSE_ARGV 0 arg "NCCL" "" "")
  set(files ${arg_UNPARSED_ARGUMENTS})
  if(SHARDBOUND_TEST_FOLDERS AND NOT "cuda" IN_LIST SHARDBOUND_TEST_FOLDERS)
    return()
  endif()
  set(links shardbound::cuda)
  if(arg_NCCL)
    set(links shardbound::nccl)
  endif()
  math(EXPR together "(${SHARDBOUND_TESTS_TOGETHER} + 1) / 2")
  while(files)
    list(SUBLIST files 0 ${together} own)
    list(REMOVE_ITEM files ${own})
    set(target no_program)  # where there is no CUDA, or no NCCL
    if(TARGET ${links})
      shardbound_test_source(cuda ${own})
      add_executable(${target} "${source}")
      target_link_libraries(${target} PRIVATE shardbound_test_main shardbound_test_gpu_engine ${links})
      shardbound_warnings(${target})
    endif()
    foreach(file IN LISTS own)
      string(REGEX REPLACE "\\.cu$" "" name "${file}")
      shardbound_cuda_entry(cuda/${name} ${target} --source-file=*/cuda/${file})
    endforeach()
  endwhile()
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
