# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
#
# Sourced by demo.sh and test.sh: makes sure that what they need is on the machine. Installs what is
# missing with apt-get, saying what and why, if it may; otherwise says in one sentence what to ask for.
# SHARDBOUND_SETUP=skip leaves the machine alone; CMake then says itself what it does not find.

# run <command>...: shows a command and runs it.
run() {
  printf '\n$ %s\n' "$*"
  "$@"
}

# want <system package> <what for>: notes a package if it is not installed.
want() {
  if [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" != installed ]; then
    setup_missing="$setup_missing $1"
    setup_reasons="$setup_reasons
  $1: $2"
  fi
}

# want_program <program> <system package> <what for>: the same, if no such program is found.
want_program() {
  command -v "$1" >/dev/null 2>&1 || want "$2" "$3"
}

# setup <goal>...: goals are `library` (always needed), `tests`, `docs` and `clang`.
setup() {
  if [ "${SHARDBOUND_SETUP:-}" = skip ]; then return 0; fi
  if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "This system has no apt-get, so nothing is installed; CMake says what it does not find."
    return 0
  fi

  setup_missing=
  setup_reasons=
  for goal in library "$@"; do
    case $goal in
      library)
        if [ -n "${CXX:-}" ]; then
          # A compiler by name is the user's choice; install those that Debian knows.
          case $CXX in
            g++ | clang++) want_program "$CXX" "$(echo "$CXX" | sed 's/clang++/clang/')" "the compiler in CXX" ;;
          esac
        else
          want_program c++ g++ "a C++20 compiler"
        fi
        want_program cmake cmake "to build"
        want_program make make "to build"
        want libeigen3-dev "matrix products"
        want libprotobuf-dev "to read ONNX files"
        want zlib1g-dev "to read .gz files"
        want libcli11-dev "the command line"
        want nlohmann-json3-dev "to write JSON"
        want coinor-libclp-dev "linear programs"
        ;;
      tests)
        want doctest-dev "the tests"
        want libbenchmark-dev "the benchmarks"
        want libopenmpi-dev "the tests with several processes"
        want openmpi-bin "the tests with several processes"
        ;;
      docs)
        want_program doxygen doxygen "the reference"
        want_program dot graphviz "the reference's graphs"
        ;;
      clang) want_program clang++ clang "the tests with a second compiler" ;;
    esac
  done
  if [ -z "$setup_missing" ]; then return 0; fi

  if [ "$(id -u)" = 0 ]; then
    setup_root=
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    setup_root=sudo
  else
    echo "Ask your administrator for these Debian packages (or set SHARDBOUND_SETUP=skip if you have" \
      "them elsewhere): apt-get install$setup_missing" >&2
    exit 1
  fi
  echo "Installing what is missing:$setup_reasons"
  # The lists may be absent or old; if they cannot be had, those at hand may still do.
  # shellcheck disable=SC2086
  if ! $setup_root apt-get -qq update || ! $setup_root env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq install -y --no-install-recommends $setup_missing </dev/null >/dev/null; then
    echo "Installing failed; ask your administrator for these Debian packages:$setup_missing" >&2
    exit 1
  fi
}

# jobs: how many compilers to run at once: one for each processor that has 2 GB of memory.
jobs() {
  processors=$(nproc 2>/dev/null || echo 2)
  memory=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo 2>/dev/null)
  fitting=$((${memory:-4000000} / 2000000))
  [ "$fitting" -ge 1 ] || fitting=1
  if [ "$fitting" -lt "$processors" ]; then echo "$fitting"; else echo "$processors"; fi
}

# fresh <build folder>: `--fresh` if that folder was configured with another compiler than CXX.
fresh() {
  if [ -n "${CXX:-}" ] && [ -f "$1/CMakeCache.txt" ] &&
    ! grep -q "^CMAKE_CXX_COMPILER:[A-Z]*=$(command -v "$CXX")\$" "$1/CMakeCache.txt"; then
    echo --fresh
  fi
}
