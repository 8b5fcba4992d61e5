# SPDX-License-Identifier: BSD-3-Clause

# cmake [-DCXX=clang++] [-DFLAGS="-O3 -DNDEBUG"] [-DREPEAT=3] [-DEIGEN=<folder>] [-DSCALAR=double]
#       -P bench/compile/run.cmake
#
# Seconds and peak memory of compiling MLPs of depth 4, 16 and 64 with all widths distinct, the best
# of REPEAT. Growth is linear if (t64 - t16) / (t16 - t4) is near 4; the house allows 5. Depth costs so
# little beside Eigen and the methods that growth may drown in noise: FLAGS=-fsyntax-only shows the
# part that types have in it.

cmake_policy(VERSION 3.25)
if(NOT CXX)
  set(CXX g++)
endif()
if(NOT DEFINED FLAGS)
  set(FLAGS -O3 -DNDEBUG)
endif()
separate_arguments(FLAGS)
if(NOT REPEAT)
  set(REPEAT 3)
endif()
if(NOT EIGEN)
  set(EIGEN /usr/include/eigen3)
endif()
if(NOT SCALAR)
  set(SCALAR double)
endif()

include("${CMAKE_CURRENT_LIST_DIR}/mlp.cmake")
get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
string(MAKE_C_IDENTIFIER "${CXX}" compiler_id)
set(work "${root}/build/bench-compile/${compiler_id}")
file(MAKE_DIRECTORY "${work}")

# The stopwatch is itself compiled, with a compiler that makes programs for this machine.
set(measure "${work}/measure")
execute_process(COMMAND c++ -std=c++17 -O1 "${CMAKE_CURRENT_LIST_DIR}/measure.cpp" -o "${measure}"
                RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "bench/compile: measure.cpp did not compile")
endif()

# print(<words>...): to standard output, without CMake's dashes.
function(print)
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${ARGN}")
endfunction()

execute_process(COMMAND ${CXX} --version OUTPUT_VARIABLE version)
string(REGEX REPLACE "\n.*" "" version "${version}")
list(JOIN FLAGS " " flags)
print("${version}, ${flags}, ${SCALAR}, best of ${REPEAT}")
print("depth  seconds  MiB")

foreach(depth IN ITEMS 4 16 64)
  set(source "${work}/mlp_${depth}.cpp")
  write_mlp(${depth} ${SCALAR} "${source}")

  set(best_milliseconds)
  set(least_memory)
  foreach(round RANGE 1 ${REPEAT})
    execute_process(
      COMMAND ${measure} ${CXX} -std=c++20 ${FLAGS} -I${root}/include -isystem ${EIGEN}
              -c ${source} -o ${work}/mlp_${depth}.o
      RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "bench/compile: ${source} did not compile:\n${errors}")
    endif()
    string(REGEX MATCH "milliseconds ([0-9]+) kilobytes ([0-9]+)" match "${output}")
    if(NOT best_milliseconds OR CMAKE_MATCH_1 LESS best_milliseconds)
      set(best_milliseconds ${CMAKE_MATCH_1})
    endif()
    if(NOT least_memory OR CMAKE_MATCH_2 LESS least_memory)
      set(least_memory ${CMAKE_MATCH_2})
    endif()
  endforeach()
  set(t${depth} ${best_milliseconds})

  math(EXPR whole "${best_milliseconds} / 1000")
  math(EXPR rest "1000 + ${best_milliseconds} % 1000")
  string(SUBSTRING ${rest} 1 3 rest)
  math(EXPR mebibytes "${least_memory} / 1024")
  print("${depth}  ${whole}.${rest}  ${mebibytes}")
endforeach()

math(EXPR early "${t16} - ${t4}")
math(EXPR late "${t64} - ${t16}")
math(EXPR growth "${t64} - ${t4}")
math(EXPR noise "${t64} / 20")
if(early GREATER 0 AND growth GREATER noise)
  math(EXPR whole "${late} / ${early}")
  math(EXPR rest "100 + (100 * ${late} / ${early}) % 100")
  string(SUBSTRING ${rest} 1 2 rest)
  print("(t64 - t16) / (t16 - t4) = ${whole}.${rest}  (linear is 4, allowed is 5)")
else()
  print("(t64 - t16) / (t16 - t4): too little to divide, ${early} ms and then ${late} ms")
endif()
