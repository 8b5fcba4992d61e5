// SPDX-License-Identifier: BSD-3-Clause

// A library that is no module of a verifier.
extern "C" int shardbound_nothing();
extern "C" int shardbound_nothing() { return 0; }
