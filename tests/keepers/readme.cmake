# SPDX-License-Identifier: BSD-3-Clause

# The README's programs are those in examples/, between their markers, to the letter.
#   cmake -DROOT=<source folder> -P readme.cmake
file(READ "${ROOT}/README.md" readme)
foreach(file IN ITEMS examples/bounds_in_code.cpp examples/bounds_on_gpu.cu)
  file(READ "${ROOT}/${file}" example)
  string(FIND "${example}" "// [readme]\n" first)
  string(FIND "${example}" "// [readme]" last REVERSE)
  if(first EQUAL last)
    message(FATAL_ERROR "${file}: its markers // [readme] are gone")
  endif()
  math(EXPR first "${first} + 12")
  math(EXPR length "${last} - ${first}")
  string(SUBSTRING "${example}" ${first} ${length} snippet)
  string(REGEX REPLACE "\n +$" "\n" snippet "${snippet}")  # what the second marker is indented by
  string(FIND "${readme}" "```cpp\n${snippet}```" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "README.md differs from ${file} between // [readme]. Fix: copy it again.")
  endif()
endforeach()
