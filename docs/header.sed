# SPDX-License-Identifier: BSD-3-Clause
#
# How Doxygen sees a header, line by line the same. Its opening paragraph, below #pragma once, is what the
# file is about; the inline namespace v0 is not part of a name; what is in a namespace detail is left out.
/^#pragma once/ {
  n
  s|^$|/// \\file|
  :paragraph
  n
  s|^//|///|
  t paragraph
}
s/^namespace shardbound::inline v0/namespace shardbound/
s|^namespace .*detail {$|/** \\cond */ &|
s|^}  // namespace .*detail$|} /** \\endcond */|
