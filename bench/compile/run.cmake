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
foreach(depth IN ITEMS 4 16 64)
  write_mlp(${depth} ${SCALAR} "${work}/mlp_${depth}.cpp")
endforeach()

# Depths take turns, so that a busy spell of the machine meets all of them.
foreach(round RANGE 1 ${REPEAT})
  foreach(depth IN ITEMS 4 16 64)
    set(source "${work}/mlp_${depth}.cpp")
    execute_process(
      COMMAND ${measure} ${CXX} -std=c++20 ${FLAGS} -I${root}/include -isystem ${EIGEN}
              -c ${source} -o ${work}/mlp_${depth}.o
      RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "bench/compile: ${source} did not compile:\n${errors}")
    endif()
    string(REGEX MATCH "milliseconds ([0-9]+) kilobytes ([0-9]+)" match "${output}")
    if(round EQUAL 1 OR CMAKE_MATCH_1 LESS t${depth})
      set(t${depth} ${CMAKE_MATCH_1})
    endif()
    if(round EQUAL 1 OR CMAKE_MATCH_1 GREATER slowest${depth})
      set(slowest${depth} ${CMAKE_MATCH_1})
    endif()
    if(round EQUAL 1 OR CMAKE_MATCH_2 LESS memory${depth})
      set(memory${depth} ${CMAKE_MATCH_2})
    endif()
  endforeach()
endforeach()

# seconds(<milliseconds> <out>)
function(seconds milliseconds out)
  math(EXPR whole "${milliseconds} / 1000")
  math(EXPR rest "1000 + ${milliseconds} % 1000")
  string(SUBSTRING ${rest} 1 3 rest)
  set(${out} "${whole}.${rest}" PARENT_SCOPE)
endfunction()

print("depth  seconds  (slowest)  MiB")
foreach(depth IN ITEMS 4 16 64)
  seconds(${t${depth}} best)
  seconds(${slowest${depth}} slowest)
  math(EXPR mebibytes "${memory${depth}} / 1024")
  print("${depth}  ${best}  (${slowest})  ${mebibytes}")
endforeach()

# The quotient means something only where growth stands out from how much one depth varies.
math(EXPR early "${t16} - ${t4}")
math(EXPR late "${t64} - ${t16}")
math(EXPR noise "${slowest4} - ${t4}")
print("from 4 to 16: ${early} ms, from 16 to 64: ${late} ms, one depth varies by ${noise} ms")
if(early GREATER noise AND late GREATER noise)
  math(EXPR whole "${late} / ${early}")
  math(EXPR rest "100 + (100 * ${late} / ${early}) % 100")
  string(SUBSTRING ${rest} 1 2 rest)
  print("(t64 - t16) / (t16 - t4) = ${whole}.${rest}  (linear is 4, allowed is 5)")
else()
  print("(t64 - t16) / (t16 - t4): undecided, the differences do not stand out")
endif()
