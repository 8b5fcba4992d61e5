# SPDX-License-Identifier: BSD-3-Clause

# cmake -DROOT=<repository> -P floors.cmake
# Who may include whom, as data. A header includes lower floors and its own folder; a folder of the
# same floor only along a listed edge; never upward, never in a circle. detail/ is for its own folder.

# ---- the table -------------------------------------------------------------------------------
# floor:folder
set(floors
  0:core
  1:sharding
  2:relax 2:expr
  3:layer 3:backend 3:comm
  4:network 4:spec
  5:bound
  6:verify
  7:io
  8:cli)

# from>to between two folders of one floor
set(edges
  "expr>relax"   # a chain is instantiated from the activations' concept
)

# Headers that gather floors: name:floor, from which they see everything at or below it.
set(umbrellas
  shardbound:6
  runtime:7
  mpi:6 nccl:6 clp:6 cuda:6)

# Third-party headers, by the start of their name: pattern=the only folder that may include them
set(third_party
  "(unsupported/)?Eigen/=backend/eigen"
  "google/protobuf/=io"
  "zlib\\.h=io"
  "CLI/=cli"
  "nlohmann/=cli"
  "(cuda|cublas|cub/|thrust/)=backend/cuda"
  "nccl\\.h=comm"
  "mpi\\.h=comm"
  "(coin/|Clp|Coin)=verify")
# ----------------------------------------------------------------------------------------------

cmake_policy(VERSION 3.25)
set(problems)
macro(problem)
  list(APPEND problems "${ARGN}")
endmacro()

foreach(entry IN LISTS floors)
  string(REPLACE ":" ";" entry "${entry}")
  list(GET entry 0 floor)
  list(GET entry 1 folder)
  set(floor_of_${folder} ${floor})
endforeach()
foreach(entry IN LISTS umbrellas)
  string(REPLACE ":" ";" entry "${entry}")
  list(GET entry 0 name)
  list(GET entry 1 floor)
  set(umbrella_floor_${name} ${floor})
endforeach()

# classify(<path below include/shardbound> <prefix>) sets <prefix>_folder, _top, _floor and _kind:
# header (in a floor's folder), umbrella (<floor>.hpp), gatherer (of the list above) or stranger.
macro(classify path prefix)
  get_filename_component(${prefix}_folder "${path}" DIRECTORY)
  string(REGEX REPLACE "/.*" "" ${prefix}_top "${path}")
  get_filename_component(${prefix}_stem "${path}" NAME_WE)
  if(${prefix}_folder)
    set(${prefix}_kind header)
  else()
    set(${prefix}_top "${${prefix}_stem}")
    set(${prefix}_folder "${${prefix}_stem}")
    set(${prefix}_kind umbrella)
  endif()
  if(DEFINED floor_of_${${prefix}_top})
    set(${prefix}_floor ${floor_of_${${prefix}_top}})
  elseif(${prefix}_kind STREQUAL "umbrella" AND DEFINED umbrella_floor_${${prefix}_top})
    set(${prefix}_floor ${umbrella_floor_${${prefix}_top}})
    set(${prefix}_kind gatherer)
  else()
    set(${prefix}_kind stranger)
  endif()
endmacro()

set(base "${ROOT}/include/shardbound")
file(GLOB_RECURSE headers RELATIVE "${base}" "${base}/*.hpp" "${base}/*.cuh")
if(NOT headers)
  message(FATAL_ERROR "floors: no headers below ${base}")
endif()

foreach(header IN LISTS headers)
  classify("${header}" from)
  if(from_kind STREQUAL "stranger")
    problem("${header}: its folder is not in the table of floors")
    continue()
  endif()
  set(uses_${header})

  file(STRINGS "${base}/${header}" lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "include[ \t]*([<\"])([^>\"]+)[>\"]")
      continue()
    endif()
    set(quote "${CMAKE_MATCH_1}")
    set(included "${CMAKE_MATCH_2}")

    if(quote STREQUAL "\"")
      problem("${header}: includes \"${included}\" by a relative name; write <shardbound/...>")
      continue()
    endif()

    if(NOT included MATCHES "^shardbound/(.+)")
      foreach(rule IN LISTS third_party)
        string(REGEX REPLACE "=.*" "" pattern "${rule}")
        string(REGEX REPLACE ".*=" "" owner "${rule}")
        if(included MATCHES "^${pattern}" AND NOT "${header}" MATCHES "^${owner}/")
          problem("${header}: includes <${included}>, which belongs to ${owner}/ alone")
        endif()
      endforeach()
      continue()
    endif()

    set(to "${CMAKE_MATCH_1}")
    list(APPEND uses_${header} "${to}")
    classify("${to}" to)
    set(sentence "${header} (floor ${from_floor}) includes ${to} (floor ${to_floor})")
    if(NOT EXISTS "${base}/${to}")
      problem("${header}: includes ${to}, which does not exist")
      continue()
    elseif(to_kind STREQUAL "stranger")
      problem("${header}: includes ${to}, whose folder is not in the table of floors")
      continue()
    endif()

    if(header MATCHES "\\.hpp$" AND to MATCHES "\\.cuh$")
      problem("${header}: a host header includes device code, ${to}")
    endif()

    if(to MATCHES "(^|/)detail/")
      string(REGEX REPLACE "/?detail/.*" "" owner "${to}")
      string(FIND "${header}" "${owner}/" at)
      if(NOT at EQUAL 0)
        problem("${header}: includes ${to}, which is visible to ${owner}/ alone")
      endif()
    endif()

    if(to_kind STREQUAL "gatherer" AND NOT from_floor GREATER to_floor
       AND NOT from_kind STREQUAL "gatherer")
      problem("${sentence}: an umbrella over its own floor")
    elseif(from_kind STREQUAL "gatherer")
      if(to_floor GREATER from_floor)
        problem("${sentence}: upward")
      endif()
    elseif(to_floor GREATER from_floor)
      problem("${sentence}: upward")
    elseif(to_top STREQUAL from_top)
      # Inside one folder a subfolder may use its parents' headers, not its sister's.
      string(REGEX REPLACE "/detail(/.*)?$" "" to_place "${to_folder}/")
      string(REGEX REPLACE "/detail(/.*)?$" "" from_place "${from_folder}/")
      string(REGEX REPLACE "/$" "" to_place "${to_place}")
      string(REGEX REPLACE "/$" "" from_place "${from_place}")
      string(FIND "${to_place}/" "${from_place}/" below)
      string(FIND "${from_place}/" "${to_place}/" above)
      if(NOT below EQUAL 0 AND NOT above EQUAL 0)
        problem("${header}: includes ${to}, a sibling folder's")
      endif()
    elseif(to_floor EQUAL from_floor AND NOT "${from_top}>${to_top}" IN_LIST edges)
      problem("${sentence}: a sibling of the same floor, and the table has no such edge")
    endif()
  endforeach()
endforeach()

# Circles: headers that include nothing (left) are taken away until none can be.
set(left ${headers})
set(moved TRUE)
while(moved)
  set(moved FALSE)
  set(next)
  foreach(header IN LISTS left)
    set(waits FALSE)
    foreach(to IN LISTS uses_${header})
      if("${to}" IN_LIST left)
        set(waits TRUE)
        break()
      endif()
    endforeach()
    if(waits)
      list(APPEND next "${header}")
    else()
      set(moved TRUE)
    endif()
  endforeach()
  set(left ${next})
endwhile()
if(left)
  list(JOIN left ", " left)
  problem("headers that include each other in a circle, or wait for one: ${left}")
endif()

if(problems)
  list(JOIN problems "\n  " problems)
  message(FATAL_ERROR "floors:\n  ${problems}")
endif()
list(LENGTH headers count)
message(STATUS "floors: ${count} headers, every include goes down")
