# SPDX-License-Identifier: BSD-3-Clause

# cmake -DCASE=<file> -DCOMPILER=<c++> -DCOMPILER_ID=<GNU|Clang> -DINCLUDES=<folders>
#       -DMOST_ERRORS=<n> -P check.cmake

cmake_policy(VERSION 3.25)
file(STRINGS "${CASE}" expect LIMIT_COUNT 3 REGEX "^// expect: ")
if(NOT expect)
  message(FATAL_ERROR "${CASE}: its first lines hold no `// expect: <regex>`")
endif()
string(REGEX REPLACE "^// expect: " "" expect "${expect}")

list(TRANSFORM INCLUDES PREPEND "-isystem")
list(POP_FRONT INCLUDES own)  # ours are not system headers: their errors are to be seen
string(REPLACE "-isystem" "-I" own "${own}")
set(ENV{LC_ALL} C)
# Without the caret lines the source is not quoted, so the words can only come from the message.
set(no_quotes -fno-diagnostics-show-caret)
if(COMPILER_ID MATCHES "Clang")
  set(no_quotes -fno-caret-diagnostics)
endif()
execute_process(
  COMMAND ${COMPILER} -std=c++20 -fsyntax-only -fmessage-length=0 ${no_quotes}
          ${own} ${INCLUDES} ${CASE}
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)

if(result EQUAL 0)
  message(FATAL_ERROR "${CASE} compiles, but should be refused with: ${expect}")
endif()
if(NOT output MATCHES "${expect}")
  message(FATAL_ERROR "${CASE} is refused, but not with: ${expect}\n${output}")
endif()
string(REGEX MATCHALL "error: " errors "${output}")
list(LENGTH errors count)
if(count GREATER MOST_ERRORS)
  message(FATAL_ERROR "${CASE}: one mistake, ${count} errors (at most ${MOST_ERRORS}):\n${output}")
endif()
message(STATUS "refused with ${count} error(s), as expected:\n${output}")
