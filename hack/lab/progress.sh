# shellcheck shell=bash
# Progress output: one line per component that became ready, one per error.

fail() {
  echo "lab: $*" >&2
  exit 1
}

milliseconds() {
  echo "$((${EPOCHREALTIME/./} / 1000))"
}

seconds_since() { # seconds_since MILLISECONDS: with one decimal
  local passed=$(($(milliseconds) - $1))
  echo "$((passed / 1000)).$((passed % 1000 / 100)) s"
}

need_root() {
  [ "$EUID" -eq 0 ] || fail "needs root: it makes namespaces, mounts and cgroups"
}
