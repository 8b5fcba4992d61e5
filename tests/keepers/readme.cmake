# SPDX-License-Identifier: BSD-3-Clause

# The README's program is the one in examples/bounds_in_code.cpp, between its markers, to the letter.
#   cmake -DROOT=<source folder> -P readme.cmake
file(READ "${ROOT}/README.md" readme)
file(READ "${ROOT}/examples/bounds_in_code.cpp" example)
string(FIND "${example}" "// [readme]\n" first)
string(FIND "${example}" "// [readme]" last REVERSE)
math(EXPR first "${first} + 12")
math(EXPR length "${last} - ${first}")
if(length LESS 100)
  message(FATAL_ERROR "examples/bounds_in_code.cpp: its markers // [readme] are gone")
endif()
string(SUBSTRING "${example}" ${first} ${length} snippet)
string(FIND "${readme}" "```cpp\n${snippet}```" found)
if(found EQUAL -1)
  message(FATAL_ERROR "README.md differs from examples/bounds_in_code.cpp between // [readme]. "
                      "Fix: copy it again.")
endif()
