# SPDX-License-Identifier: BSD-3-Clause

# cmake -DROOT=<repository> -P files.cmake
# Every file says its licence near its top, and none is longer than people read.

set(folders include examples tests bench cmake)
set(line_limit 400)

# Longer than the limit, with a reason each.
set(long
  include/shardbound/backend/cuda/backend.cuh  # every primitive of a backend, one call each
)

# Kinds of files that cannot hold a comment, or are data.
set(data "\\.(json|onnx|vnnlib|csv|gz|bin|png|svg)$")

cmake_policy(VERSION 3.25)
set(problems)
set(count 0)
foreach(folder IN LISTS folders)
  file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/${folder}/*")
  foreach(file IN LISTS files)
    if(file MATCHES "${data}" OR file MATCHES "/(data|corpus)/")
      continue()
    endif()
    math(EXPR count "${count} + 1")
    file(STRINGS "${ROOT}/${file}" head LIMIT_COUNT 5)
    if(NOT head MATCHES "SPDX-License-Identifier: BSD-3-Clause")
      list(APPEND problems "${file}: no line SPDX-License-Identifier: BSD-3-Clause at its top")
    endif()
    # file(STRINGS) skips no blank line but trips over brackets in lists; so count line ends.
    file(READ "${ROOT}/${file}" text HEX)
    string(REGEX MATCHALL "[0-9a-f][0-9a-f]" bytes "${text}")
    list(FILTER bytes INCLUDE REGEX "^0a$")
    list(LENGTH bytes lines)
    if(lines GREATER line_limit AND NOT file IN_LIST long)
      list(APPEND problems "${file}: ${lines} lines, over ${line_limit}: split it, or list it here")
    elseif(file IN_LIST long AND NOT lines GREATER line_limit)
      list(APPEND problems "${file}: listed as long but has only ${lines} lines")
    endif()
  endforeach()
endforeach()
foreach(file IN LISTS long)
  if(NOT EXISTS "${ROOT}/${file}")
    list(APPEND problems "${file}: listed as long but is not there")
  endif()
endforeach()

if(problems)
  list(JOIN problems "\n  " problems)
  message(FATAL_ERROR "files:\n  ${problems}")
endif()
message(STATUS "files: ${count} files, all licensed and none too long")
