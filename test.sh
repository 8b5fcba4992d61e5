#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# ./test.sh [preset [option of cmake]...]: from a bare Debian machine to a finished run of the tests. The preset
# is one of CMakePresets.json that has tests; `release` if none is given. What ctest calls skipped found no data,
# or needs what was not asked for: device code is compiled only with -DSHARDBOUND_CUDA=ON and by preset `cuda`.
set -eu
cd "$(dirname "$0")"
. cmake/setup.sh

preset=${1:-release}
[ $# = 0 ] || shift
if [ "$preset" = clang ]; then setup tests clang; else setup tests; fi
# shellcheck disable=SC2046
run cmake $(fresh "build/$preset") --preset "$preset" "$@"
run cmake --build --preset "$preset" --parallel "$(jobs)"
run ctest --preset "$preset" --parallel "$(jobs)"
