# shellcheck shell=bash
# Progress output: one line for each component that is ready, and one for each error.

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
  [ "$EUID" -eq 0 ] || fail "root is required to create namespaces, mounts and cgroups"
}
