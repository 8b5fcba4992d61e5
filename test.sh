#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# ./test.sh [preset]: from a bare Debian machine to a finished run of the tests. The preset is one of
# CMakePresets.json that has tests; `release` if none is given. What ctest calls skipped found no data.
set -eu
cd "$(dirname "$0")"
. cmake/setup.sh

preset=${1:-release}
if [ "$preset" = clang ]; then setup tests clang; else setup tests; fi
# shellcheck disable=SC2046
run cmake $(fresh "build/$preset") --preset "$preset"
run cmake --build --preset "$preset" --parallel "$(jobs)"
run ctest --preset "$preset" --parallel "$(jobs)"
