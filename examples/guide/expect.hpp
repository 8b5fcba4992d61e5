// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the guide says of its programs' numbers is checked where they are found.

#include <cmath>
#include <cstdio>
#include <cstdlib>

/// Prints a number, and ends the program with status 1 if it is not what the guide says, to eight digits.
inline void expect(const char* what, double found, double wanted) {
  std::printf("%-44s %.8f\n", what, found);
  if (std::fabs(found - wanted) <= 2e-8 * std::fmax(1, std::fabs(wanted))) return;
  std::printf("error: the guide says %.8f\n", wanted);
  std::exit(1);
}

/// The same for what must hold.
inline void expect(const char* what, bool holds) {
  std::printf("%-44s %s\n", what, holds ? "yes" : "no");
  if (!holds) std::exit(1);
}
