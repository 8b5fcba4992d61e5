# SPDX-License-Identifier: BSD-3-Clause

# cmake -DCOMMAND=<mpirun ...> -DWORDS=<words> [-DRESULT=<file>] -P mpi_drill.cmake
# The command must fail, say the words, and leave no result; and it must end: in seconds, or, where other
# work fills the machine, in half a minute.
if(DEFINED RESULT)
  get_filename_component(folder "${RESULT}" DIRECTORY)
  file(REMOVE_RECURSE "${folder}")
  file(MAKE_DIRECTORY "${folder}")
endif()
execute_process(COMMAND ${COMMAND} TIMEOUT 30
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
message(STATUS "it ended with '${result}' and said:\n${output}")
if(result MATCHES "timeout")
  message(FATAL_ERROR "drill: the other ranks still wait")
elseif(result EQUAL 0)
  message(FATAL_ERROR "drill: a rank failed and the run did not")
endif()
string(FIND "${output}" "${WORDS}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "drill: nobody said '${WORDS}'")
endif()
if(DEFINED RESULT)
  if(EXISTS "${RESULT}")
    message(FATAL_ERROR "drill: ${RESULT} was written")
  endif()
  list(TRANSFORM COMMAND REPLACE "^(kill|throw)$" live)
  execute_process(COMMAND ${COMMAND} TIMEOUT 60 RESULT_VARIABLE result)
  if(NOT result EQUAL 0 OR NOT EXISTS "${RESULT}")
    message(FATAL_ERROR "drill: without a failure it ended with '${result}', or wrote no ${RESULT}")
  endif()
endif()
