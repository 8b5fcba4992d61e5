// SPDX-License-Identifier: BSD-3-Clause

// A library of precompiled headers needs a source of its own (tests/compiled.cmake); this one adds nothing.
