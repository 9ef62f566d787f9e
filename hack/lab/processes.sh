# shellcheck shell=bash
# Long-running programs: each has a pid file and a log, and carries the lab's folder and its own
# name in its environment. A pid file is trusted only if the process's environment matches, because
# after a crash or a reboot the pid may belong to another process.

mark=SPARKLING_LAB_PROCESS

pid_of() { # pid_of NAME: prints the pid if the process runs and is ours
  local pid
  pid=$(cat "$lab_home/run/$1.pid" 2>/dev/null) || return 1
  is_ours "$pid" "$1" && echo "$pid"
}

is_ours() { # is_ours PID NAME
  grep -qszxF "$mark=$lab_home/$2" "/proc/$1/environ"
}

log_of() {
  echo "$lab_home/log/$1.log"
}

# launch NAME PROGRAM ARGUMENTS...: starts it in the background, detached from the terminal, with a clean
# environment and without the lock that this script may hold.
launch() {
  local name=$1
  shift
  env -i PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME="$lab_home" \
    "$mark=$lab_home/$name" setsid "$@" \
    </dev/null >>"$(log_of "$name")" 2>&1 {lab_lock}>&- &
  local pid=$!
  until is_ours "$pid" "$name" || ! kill -0 "$pid" 2>/dev/null; do # until exec has replaced this shell
    sleep 0.01
  done
  echo "$pid" >"$lab_home/run/$name.pid"
}

# await NAME SECONDS CHECK...: waits until the check passes; fails when the process ends.
await() {
  local name=$1 limit=$2 begin
  shift 2
  begin=$(milliseconds)
  until "$@" >/dev/null 2>&1; do
    if ! pid_of "$name" >/dev/null; then
      explain "$name" "$name has ended"
    elif [ $(($(milliseconds) - begin)) -gt $((limit * 1000)) ]; then
      explain "$name" "$name was not ready within $limit s"
    fi
    sleep 0.1
  done
}

explain() { # explain NAME MESSAGE
  tail -n 5 "$(log_of "$1")" >&2 || true
  fail "$2: see $(log_of "$1")"
}

# end NAME SIGNAL: stops the process and its group (the connections of a relay). After TERM it has
# three seconds before it is killed: an API server keeps running while it has watches.
end() {
  local name=$1 signal=$2 pid tries=30
  if pid=$(pid_of "$name"); then
    kill "-$signal" -- "-$pid" 2>/dev/null || true
    while [ "$signal" = TERM ] && is_ours "$pid" "$name" && [ $((tries -= 1)) -gt 0 ]; do
      sleep 0.1
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
    while is_ours "$pid" "$name"; do
      sleep 0.02
    done
  fi
  rm -f "$lab_home/run/$name.pid"
}

# All processes of the lab except those in containers: the components, their children, and the
# shims, which outlive containerd by design.
marked_pids() {
  local file
  grep -lszF "$mark=$lab_home/" /proc/[0-9]*/environ | while read -r file; do
    file=${file#/proc/}
    echo "${file%/environ}"
  done
}

# exclusively FUNCTION ARGUMENTS...: runs one change to the lab at a time.
exclusively() {
  need_root
  mkdir -p "$tool_cache"
  exec {lab_lock}>"$tool_cache/$lab_name.lock"
  flock "$lab_lock"
  "$@"
}
