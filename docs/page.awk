# SPDX-License-Identifier: BSD-3-Clause
#
# How Doxygen sees a page in Markdown, line by line the same: a heading is known as <page>-<heading>, and
# links to headings, [text](path/page.md#heading) or [text](#heading), are references to that, so that one
# that leads nowhere fails. Pictures are known by their name alone.
function label(text) {
  text = tolower(text)
  gsub(/[^a-z0-9 _-]/, "", text)
  gsub(/ /, "-", text)
  return text
}
function page_of(path) {
  sub(/.*\//, "", path)
  sub(/\.md$/, "", path)
  return tolower(path)
}
/^```/ { in_code = !in_code }
!in_code && /^##+ / {
  heading = $0
  sub(/^##+ */, "", heading)
  name = label(heading)
  if (seen[name]++) name = name "-" seen[name] - 1
  $0 = $0 " {#" page_of(FILENAME) "-" name "}"
}
!in_code {
  while (match($0, /!\[[^]]*\]\([^):]*\//)) {
    text = substr($0, RSTART, RLENGTH)
    sub(/\([^(]*$/, "(", text)
    $0 = substr($0, 1, RSTART - 1) text substr($0, RSTART + RLENGTH)
  }
  done = ""
  while (match($0, /\]\([^)#: ]*#[^)]*\)/)) {
    link = substr($0, RSTART + 2, RLENGTH - 3)
    at = index(link, "#")
    page = at > 1 ? page_of(substr(link, 1, at - 1)) : page_of(FILENAME)
    done = done substr($0, 1, RSTART - 1) "](@ref " page "-" substr(link, at + 1) ")"
    $0 = substr($0, RSTART + RLENGTH)
  }
  $0 = done $0
}
{ print }
