# SPDX-License-Identifier: BSD-3-Clause

# Tests of several processes, under mpirun. Without MPI their entries are there and show as skipped.

# shardbound_mpi_test(<name> <target> <ranks>...)
# One entry <name>/<ranks> for each number of ranks; <target> need not exist where there is no MPI.
function(shardbound_mpi_test name target)
  foreach(ranks IN LISTS ARGN)
    if(TARGET shardbound::mpi AND MPIEXEC_EXECUTABLE)
      add_test(NAME ${name}/${ranks}
        COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} ${MPIEXEC_PREFLAGS}
                $<TARGET_FILE:${target}> ${MPIEXEC_POSTFLAGS})
      set_tests_properties(${name}/${ranks} PROPERTIES
        PROCESSORS ${ranks}
        SKIP_RETURN_CODE 77                                 # tests/support/skip.hpp
        FAIL_REGULAR_EXPRESSION "test cases: +0 \\|")
      shardbound_mpi_properties(${name}/${ranks})
    else()
      shardbound_skip_mpi(${name}/${ranks})
    endif()
  endforeach()
endfunction()

# shardbound_mpi_tests(<folder> <list of ranks> <file>...): an executable for each file.
function(shardbound_mpi_tests folder all_ranks)
  foreach(file IN LISTS ARGN)
    string(REGEX REPLACE "\\.cpp$" "" name "${file}")
    set(target shardbound_${folder}_${name})
    if(TARGET shardbound::mpi)
      add_executable(${target} ${folder}/${file})
      target_link_libraries(${target} PRIVATE shardbound_mpi_test_main)
      shardbound_warnings(${target})
      shardbound_tune(${target})
      shardbound_use_compiled(${target} shardbound_test_engine)
    endif()
    shardbound_mpi_test(${folder}/${name} ${target} ${all_ranks})
    foreach(ranks IN LISTS all_ranks)
      set_tests_properties(${folder}/${name}/${ranks} PROPERTIES LABELS ${folder})
    endforeach()
  endforeach()
endfunction()

# shardbound_mpi_drill(<name> <target> <what it does> <ranks> <what must be said> [<folder>])
# A run in which a rank fails: mpirun must end soon, not with success, and say those words. A target that
# is given a folder writes result.txt there, but only if nobody fails.
function(shardbound_mpi_drill name target argument ranks words)
  if(NOT TARGET shardbound::mpi OR NOT MPIEXEC_EXECUTABLE)
    shardbound_skip_mpi(${name})
    return()
  endif()
  set(result)
  if(ARGN)
    set(result "-DRESULT=${ARGN}/result.txt")
  endif()
  add_test(NAME ${name}
    COMMAND ${CMAKE_COMMAND}
      "-DCOMMAND=${MPIEXEC_EXECUTABLE};${MPIEXEC_NUMPROC_FLAG};${ranks};${MPIEXEC_PREFLAGS};$<TARGET_FILE:${target}>;${argument};${ARGN};${MPIEXEC_POSTFLAGS}"
      "-DWORDS=${words}" ${result} -P ${PROJECT_SOURCE_DIR}/tests/comm/mpi_drill.cmake)
  shardbound_mpi_properties(${name})
endfunction()

# More ranks than processors, the superuser (of a container), and no reading of each other's memory,
# which containers forbid; and sanitizers that do not report what MPI itself leaves behind.
function(shardbound_mpi_properties name)
  set(environment
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
    OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_mpi_yield_when_idle=1
    ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=ignore_noninstrumented_modules=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT "${environment}")
endfunction()

function(shardbound_skip_mpi name)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo
    "SKIPPED: there is no MPI. Fix: install it (Debian: libopenmpi-dev openmpi-bin).")
  set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "^SKIPPED: there is no MPI")
endfunction()

if(TARGET shardbound::mpi)
  add_library(shardbound_mpi_test_main OBJECT comm/mpi_main.cpp)
  target_link_libraries(shardbound_mpi_test_main PUBLIC shardbound_test_base shardbound::mpi)
  shardbound_warnings(shardbound_mpi_test_main)

  add_executable(shardbound_mpi_drill comm/mpi_drill.cpp)
  target_link_libraries(shardbound_mpi_drill PRIVATE shardbound::mpi)
  shardbound_warnings(shardbound_mpi_drill)
  add_executable(shardbound_mpi_search_drill comm/mpi_search_drill.cpp)
  target_sources(shardbound_mpi_search_drill PRIVATE support/doctest_without_main.cpp)
  target_link_libraries(shardbound_mpi_search_drill PRIVATE shardbound_test_base shardbound::mpi)
  shardbound_warnings(shardbound_mpi_search_drill)
  shardbound_tune(shardbound_mpi_search_drill)
  shardbound_use_compiled(shardbound_mpi_search_drill shardbound_test_engine)
endif()

shardbound_mpi_drill(comm/mpi_kill shardbound_mpi_drill kill 3 "")
shardbound_mpi_drill(comm/mpi_throw shardbound_mpi_drill throw 3 "error: rank 1 stopped: 3 is not 4")
shardbound_mpi_drill(comm/mpi_abort shardbound_mpi_drill abort 3 "error: rank 1 stopped: no more")
shardbound_mpi_drill(comm/mpi_search_kill shardbound_mpi_search_drill kill 3 "process rank 1 ")
set_tests_properties(comm/mpi_kill comm/mpi_throw comm/mpi_abort comm/mpi_search_kill PROPERTIES LABELS comm)

if(NOT SHARDBOUND_TEST_FOLDERS)
  if(TARGET shardbound::mpi AND TARGET shardbound::cli)
    add_executable(shardbound_dying_verifier cli/dying_verifier.cpp support/doctest_without_main.cpp)
    target_link_libraries(shardbound_dying_verifier PRIVATE
      shardbound_test_front_end shardbound::mpi)
    shardbound_warnings(shardbound_dying_verifier)
  endif()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/dying_verifier")
  shardbound_mpi_drill(cli/mpi_kill shardbound_dying_verifier kill 2 "" "${folder}/kill")
  shardbound_mpi_drill(cli/mpi_throw shardbound_dying_verifier throw 3
    "error: rank 1 stopped: no memory for 8 bytes of coefficients" "${folder}/throw")
  set_tests_properties(cli/mpi_kill cli/mpi_throw PROPERTIES LABELS cli)
endif()

if(TARGET guide_processes)
  shardbound_mpi_test(examples/guide_processes guide_processes 3)
endif()

# A verifier as its user starts it.
set(data "${PROJECT_SOURCE_DIR}/examples/data")
if(TARGET acasxu AND TARGET shardbound::mpi AND MPIEXEC_EXECUTABLE)
  add_test(NAME examples/acasxu_processes
    COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 3 ${MPIEXEC_PREFLAGS} $<TARGET_FILE:acasxu>
      verify --comm mpi --policy row-col --onnx "${data}/ACASXU_run2a_2_7_batch_2000.onnx"
      --vnnlib "${data}/acasxu_prop_3.vnnlib" ${MPIEXEC_POSTFLAGS})
  shardbound_mpi_properties(examples/acasxu_processes)
  set_tests_properties(examples/acasxu_processes PROPERTIES PASS_REGULAR_EXPRESSION "^unsat\n$")

  # The same with a GPU each; it takes two of them.
  if(TARGET acasxu_cuda AND TARGET shardbound::nccl)
    add_test(NAME examples/acasxu_cuda_processes
      COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 ${MPIEXEC_PREFLAGS} $<TARGET_FILE:acasxu>
        verify --device cuda --comm mpi --policy fully-sharded
        --onnx "${data}/ACASXU_run2a_2_7_batch_2000.onnx" --vnnlib "${data}/acasxu_prop_3.vnnlib"
        ${MPIEXEC_POSTFLAGS})
    shardbound_mpi_properties(examples/acasxu_cuda_processes)
    set_tests_properties(examples/acasxu_cuda_processes PROPERTIES LABELS cuda RESOURCE_LOCK gpu
      PASS_REGULAR_EXPRESSION "^unsat\n$"
      SKIP_REGULAR_EXPRESSION "there is no GPU to work on;has 1 GPU, and each rank needs one")
  endif()
endif()
