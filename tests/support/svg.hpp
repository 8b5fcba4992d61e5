// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a test sees of a drawing's text.

#include <cstddef>
#include <string>
#include <vector>

namespace shardbound_test {

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++found;
  return found;
}

/// Whether every element is closed in its turn, attributes are quoted and no stray < or & is left.
inline bool well_formed(const std::string& text) {
  std::vector<std::string> open;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (static_cast<unsigned char>(text[at]) >= 127) return false;
    if (text[at] == '&') {
      const std::string entity = text.substr(at, text.find(';', at) - at);
      if (entity != "&amp" && entity != "&lt" && entity != "&gt") return false;
    }
    if (text[at] != '<') continue;
    const std::size_t end = text.find('>', at);
    if (end == text.npos) return false;
    std::string tag = text.substr(at + 1, end - at - 1);
    at = end;
    if (count(tag, "'") % 2 != 0 || tag.find('<') != tag.npos) return false;
    if (tag[0] == '?') continue;
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  return open.empty();
}

}  // namespace shardbound_test
