# shellcheck shell=bash
# Commands on the whole lab: up, down, status and changes to a running cluster.

up() {
  local begin
  begin=$(milliseconds)
  check_home
  install
  if [ -e "$lab_home/run/boot" ] && ! same_boot; then
    echo "the machine has rebooted: starting with an empty lab"
    sweep
  fi
  mkdir -p "$lab_home"/{run,log,config/cni,config/minio,minio,pod-logs}
  boot_id >"$lab_home/run/boot"
  make_credentials
  write_configuration
  make_network
  make_cgroups

  bring etcd containerd minio
  load_pause_image
  bring apiserver
  bring apiserver-inside apiserver-outside minio-inside minio-outside
  in_cluster "$(kubectl_program)" apply --server-side --force-conflicts --validate=false \
    --filename "$lab_source/manifests" >/dev/null
  bring controller-manager scheduler kubelet proxy coredns
  await kubelet "$ready_within" node_is_ready
  await controller-manager "$ready_within" accounts_are_there
  restore_fake_gpu
  echo "lab ready ($(seconds_since "$begin")): set -a; . $lab_home/env"
}

bring() { # bring NAME...: starts all of them, then waits until each is ready
  local name begin
  begin=$(milliseconds)
  for name in "$@"; do
    start "$name"
  done
  for name in "$@"; do
    settle "$name" "$begin"
  done
}

check_home() {
  [[ $lab_home == /* ]] || fail "SPARKLING_LAB_HOME: $lab_home is not an absolute path"
  [[ $lab_home/ != "$(cd "$lab_source/../.." && pwd)"/* ]] ||
    fail "SPARKLING_LAB_HOME: $lab_home is inside the source tree"
  # The longest socket path adds 42 characters, and the kernel allows 107.
  [ "${#lab_home}" -le 64 ] || fail "SPARKLING_LAB_HOME: $lab_home is longer than 64 characters"
  [ -e "$lab_home/run/boot" ] || [ -z "$(ls -A "$lab_home" 2>/dev/null)" ] ||
    fail "SPARKLING_LAB_HOME: $lab_home contains other files; name an empty folder"
}

boot_id() {
  cat /proc/sys/kernel/random/boot_id
}

same_boot() {
  [ "$(boot_id)" = "$(<"$lab_home/run/boot")" ]
}

write_configuration() {
  local user
  fill_in containerd.toml >"$lab_home/config/containerd.toml"
  fill_in network.conflist >"$lab_home/config/cni/network.conflist"
  fill_in kubelet.yaml >"$lab_home/config/kubelet.yaml"
  fill_in Corefile >"$lab_home/config/Corefile"
  : >"$lab_home/config/resolv.conf" # there is no route to the outside, so there are no resolvers
  (
    umask 077
    token_table >"$lab_home/config/tokens.csv"
    for user in controller-manager scheduler kubelet proxy coredns; do
      kubeconfig "$user" 6443 >"$lab_home/config/$user.kubeconfig"
    done
    kubeconfig admin "$(host_port apiserver)" >"$lab_home/kubeconfig"
    environment >"$lab_home/env"
  )
  ln -sf "$secrets/minio.crt" "$lab_home/config/minio/public.crt"
  ln -sf "$secrets/minio.key" "$lab_home/config/minio/private.key"
  cp "$secrets/minio-ca.crt" "$lab_home/minio-ca.crt"
}

fill_in() { # fill_in FILE: prints FILE of config/ with this lab's names filled in
  sed -e "s|@HOME@|$lab_home|g" -e "s|@NAME@|$lab_name|g" -e "s|@RUNTIME@|$runtime_home|g" \
    -e "s|@NODE_ADDRESS@|$node_address|g" -e "s|@DNS_ADDRESS@|$dns_address|g" \
    -e "s|@MAX_OPEN_FILES@|$(ulimit -Hn)|g" "$lab_source/config/$1"
}

environment() {
  cat <<ENVIRONMENT
KUBECONFIG=$lab_home/kubeconfig
KUBECTL=$(kubectl_program)
HELM=$helm_home/helm
MINIO_ENDPOINT=https://127.0.0.1:$(host_port minio)
MINIO_CLUSTER_ENDPOINT=https://minio.storage.svc.cluster.local:9000
MINIO_CA=$lab_home/minio-ca.crt
MINIO_ACCESS_KEY=sparkling-lab
MINIO_SECRET_KEY=$(<"$secrets/minio.secret")
ENVIRONMENT
}

make_network() {
  in_network true 2>/dev/null || ip netns add "$lab_name"
  in_network ip link show lab0 >/dev/null 2>&1 || in_network ip link add lab0 type bridge
  in_network ip link set lo up
  in_network ip link set lab0 up
  in_network ip address replace "$node_address/32" dev lab0
  # Programs on the node also use Services; without a route they fail before kube-proxy's rules apply.
  in_network ip route replace "$service_range" dev lab0 src "$node_address"
  in_network sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

cgroup_folders() { # folders of the lab's cgroups, for cgroup v2 and v1
  awk -v name="$lab_name" '$3 == "cgroup" || $3 == "cgroup2" { print $2 "/" name }' /proc/mounts
}

make_cgroups() {
  local folder controller
  while read -r folder; do
    mkdir -p "$folder"
    if [ -e "$folder/cgroup.controllers" ]; then # v2: controllers must be enabled for children
      for controller in cpuset cpu io memory pids; do
        echo "+$controller" >"$(dirname "$folder")/cgroup.subtree_control" 2>/dev/null || true
      done
    fi
  done < <(cgroup_folders)
  # The kubelet changes these sysctls of the host; "down" restores them.
  [ -e "$lab_home/run/kernel" ] ||
    (cd /proc/sys && grep -H . vm/overcommit_memory kernel/panic kernel/panic_on_oops \
      kernel/keys/root_maxkeys kernel/keys/root_maxbytes) >"$lab_home/run/kernel"
}

in_cluster() { # in_cluster PROGRAM ARGUMENTS...
  KUBECONFIG=$lab_home/kubeconfig "$@"
}

node_is_ready() {
  in_cluster "$(kubectl_program)" get node "$node" \
    -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}' | grep -x True
}

accounts_are_there() {
  in_cluster "$(kubectl_program)" get serviceaccount default
}

down() {
  local begin
  begin=$(milliseconds)
  check_home
  sweep
  echo "lab down ($(seconds_since "$begin"))"
}

# Also removes what a crash or a reboot left behind.
sweep() {
  local tries=100
  until [ -z "$(lab_pids)" ]; do
    [ $((tries -= 1)) -gt 0 ] || fail "these processes do not exit: $(lab_pids | tr '\n' ' ')"
    lab_pids | xargs -r kill -KILL 2>/dev/null || true
    sleep 0.05
  done
  lab_mounts | sort -r | while read -r mount; do
    umount "$mount" 2>/dev/null || umount --lazy "$mount" || true
  done
  [ -z "$(lab_mounts)" ] || fail "cannot unmount $(lab_mounts | tr '\n' ' ')"
  remove_network
  remove_cgroups
  remove_traces
  rm -rf "$lab_home"
}

lab_pids() {
  {
    marked_pids
    contained_pids
  } | sort -u
}

contained_pids() { # prints the pids of processes in containers
  local folder
  while read -r folder; do
    [ ! -d "$folder" ] || find "$folder" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done < <(cgroup_folders)
}

lab_mounts() {
  awk -v home="$lab_home/" 'index($5, home) == 1 { print $5 }' /proc/self/mountinfo
}

remove_network() {
  [ ! -e "/run/netns/$lab_name" ] || ip netns delete "$lab_name"
  # "ip netns add" mounted it over itself.
  if [ -d /run/netns ] && [ -z "$(ls -A /run/netns)" ]; then
    umount /run/netns 2>/dev/null || true
    rmdir /run/netns 2>/dev/null || true
  fi
}

remove_cgroups() {
  local folder tries
  while read -r folder; do
    tries=50 # a cgroup stays busy briefly after its last process exits
    while [ -d "$folder" ] && [ $((tries -= 1)) -gt 0 ]; do
      find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.05
    done
    [ ! -d "$folder" ] || fail "cannot remove cgroup $folder"
  done < <(cgroup_folders)
}

# Removes files that programs keep outside the lab's folder without an option to move them, and folders
# that are then empty.
remove_traces() {
  local file key value
  for file in "$lab_home"/containerd/state/io.containerd.runtime.v2.task/k8s.io/*/address; do
    [ ! -e "$file" ] || rm -f "$(sed 's|^unix://||' "$file")"
  done
  for file in "$lab_home"/containerd/root/io.containerd.grpc.v1.cri/sandboxes/*; do
    rm -f /var/lib/cni/results/*-"$(basename "$file")"-*
  done
  for file in /var/log/containers/*; do
    [[ $(readlink "$file") != "$lab_home"/* ]] || rm "$file"
  done
  rm -f /var/lib/kubelet/device-plugins/kubelet.sock
  rmdir /run/containerd/s /run/containerd /var/lib/cni/results /var/lib/cni /var/log/containers \
    /var/lib/kubelet/device-plugins /var/lib/kubelet 2>/dev/null || true
  if [ -e "$lab_home/run/kernel" ] && same_boot; then
    while IFS=: read -r key value; do
      echo "$value" >"/proc/sys/$key"
    done <"$lab_home/run/kernel"
  fi
}

status() {
  local name pid
  [ -e "$lab_home/run/boot" ] || fail "no lab in $lab_home; bring it up with: lab up"
  for name in "${components[@]}"; do
    if ! pid=$(pid_of "$name"); then
      printf '%-20s stopped\n' "$name"
    elif "ready_$name" >/dev/null 2>&1; then
      printf '%-20s ready    pid %-7s %4d MiB\n' "$name" "$pid" "$(resident "$pid")"
    else
      printf '%-20s starting pid %-7s %4d MiB\n' "$name" "$pid" "$(resident "$pid")"
    fi
  done
  echo "API server   https://127.0.0.1:$(host_port apiserver)"
  echo "MinIO        https://127.0.0.1:$(host_port minio), in the cluster https://minio.storage.svc:9000"
  echo "environment  $lab_home/env"
}

resident() { # resident PID: MiB
  awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$1/status"
}

start_component() {
  check_component "$@"
  bring "$1"
  [ "$1" != kubelet ] || restore_fake_gpu
}

stop_component() {
  check_component "$@"
  end "$1" TERM
  echo "$1 stopped"
}

kill_component() {
  check_component "$@"
  end "$1" KILL
  echo "$1 killed"
}

restart_component() {
  stop_component "$@"
  start_component "$@"
}

check_component() {
  if [ $# -ne 1 ] || ! is_component "$1"; then
    fail "COMPONENT is one of: ${components[*]}"
  elif [ ! -e "$lab_home/run/boot" ] || ! same_boot; then
    fail "no lab in $lab_home; bring it up with: lab up"
  fi
}

signal_pod() { # signal_pod SIGNAL UID: sends a signal to a pod's processes, all but its pause process
  [ $# -eq 2 ] || fail "SIGNAL and UID of the pod are needed"
  local file pid found=false
  while read -r file; do
    pid=${file//[^0-9]/}
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != pause ] || continue
    kill "-$1" "$pid" && found=true
  done < <(grep -lsF "/pod$2/" /proc/[0-9]*/cgroup)
  $found || fail "UID: $2 has no processes"
}

fake_gpu() {
  local count=${1:-1}
  [[ $count =~ ^[0-9]+$ ]] || fail "COUNT: $count is not a number of GPUs"
  echo "$count" >"$lab_home/run/fake-gpu"
  claim_gpus "$count"
  echo "node $node advertises $count GPUs"
}

restore_fake_gpu() { # a restarted kubelet may drop resources without a plugin
  [ ! -e "$lab_home/run/fake-gpu" ] || claim_gpus "$(<"$lab_home/run/fake-gpu")"
}

claim_gpus() {
  local count='null'
  [ "$1" -eq 0 ] || count="\"$1\""
  in_cluster "$(kubectl_program)" patch node "$node" --subresource=status --type=merge --patch \
    "{\"status\":{\"capacity\":{\"nvidia.com/gpu\":$count},\"allocatable\":{\"nvidia.com/gpu\":$count}}}" \
    >/dev/null
}

kueue() { # kueue [remove]
  case ${1:-} in
    '') ;;
    remove)
      in_cluster "$helm_home/helm" uninstall kueue --namespace kueue-system --wait >/dev/null
      echo "Kueue removed"
      return
      ;;
    *) fail "usage: lab kueue [remove]" ;;
  esac
  load_kueue_image
  in_cluster "$helm_home/helm" upgrade --install kueue "$kueue_home/chart" --namespace kueue-system \
    --create-namespace --values "$lab_source/config/kueue.yaml" --wait --timeout 3m >/dev/null
  # Nothing serves these in the lab, and a namespace cannot be deleted while an API group is unavailable.
  in_cluster "$(kubectl_program)" delete apiservice --ignore-not-found \
    v1beta1.visibility.kueue.x-k8s.io v1beta2.visibility.kueue.x-k8s.io >/dev/null
  echo "Kueue $kueue_version ready"
}

make_bucket() { # make_bucket NAME: creates it if it does not exist
  [ $# -eq 1 ] || fail "usage: lab bucket NAME"
  if bucket_request "$1" --head --fail >/dev/null 2>&1; then
    echo "bucket $1 exists"
  else
    bucket_request "$1" --request PUT --fail --show-error
    echo "bucket $1 created"
  fi
}

bucket_request() { # bucket_request NAME CURL-ARGUMENTS...
  local name=$1
  shift
  curl --noproxy '*' --silent --cacert "$lab_home/minio-ca.crt" --aws-sigv4 aws:amz:us-east-1:s3 \
    --user "sparkling-lab:$(<"$secrets/minio.secret")" "$@" \
    "https://127.0.0.1:$(host_port minio)/$name"
}
