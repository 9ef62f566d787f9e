# shellcheck shell=bash
# Long-running programs: each has a pid file and a log, and carries the lab's folder and its own
# name in its environment. A number in a pid file is believed only if the process says so too, for
# after a crash or a reboot it may be anyone's.

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

# launch NAME PROGRAM ARGUMENTS...: in the background, out of reach of the terminal, with a clean
# environment and without the lock that this script may hold.
launch() {
  local name=$1
  shift
  env -i PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME="$lab_home" \
    "$mark=$lab_home/$name" setsid "$@" \
    </dev/null >>"$(log_of "$name")" 2>&1 {lab_lock}>&- &
  local pid=$!
  until is_ours "$pid" "$name" || ! kill -0 "$pid" 2>/dev/null; do # until it is no longer this shell
    sleep 0.01
  done
  echo "$pid" >"$lab_home/run/$name.pid"
}

# await NAME SECONDS CHECK...: until the check passes; gives up when the process ends.
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

# end NAME SIGNAL: the process and its group, which is the connections of a relay; with TERM it has
# three seconds before it is killed: an API server lingers for as long as anyone watches.
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

# All processes of the lab but those in containers: the components, their children, and the shims
# that containerd leaves behind on purpose.
marked_pids() {
  local file
  grep -lszF "$mark=$lab_home/" /proc/[0-9]*/environ | while read -r file; do
    file=${file#/proc/}
    echo "${file%/environ}"
  done
}

# exclusively FUNCTION ARGUMENTS...: one change to the lab at a time.
exclusively() {
  need_root
  mkdir -p "$tool_cache"
  exec {lab_lock}>"$tool_cache/$lab_name.lock"
  flock "$lab_lock"
  "$@"
}
