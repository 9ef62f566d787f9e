# shellcheck shell=bash
# The programs that the lab runs. Kubernetes and other Go programs are built from their modules; the
# container runtime and etcd are unpacked from the distribution's packages. Installing them would
# start services and, on a machine with Docker, remove Docker's own containerd.

# As in the tests of the checkpoint module (MinioServer.java): the same version in the same folder.
minio_version=v0.0.0-20260212201848-7aac2a2c5b7c
helm_version=v3.22.0
kueue_version=v0.19.2

required_version() { # required_version FOLDER MODULE: prints the version that FOLDER's go.mod requires
  sed -n "s|^require $2 ||p" "$lab_source/tools/$1/go.mod"
}

source_key() { # source_key FOLDER: a key that changes with the program's source
  cat "$lab_source/tools/$1"/* | sha256sum | cut -c1-8
}

kubernetes_version=$(required_version kubernetes k8s.io/kubernetes)
coredns_version=$(required_version coredns github.com/coredns/coredns)
# shellcheck source=/dev/null
distribution=$(. /etc/os-release && echo "$ID-${VERSION_ID:-rolling}")

kubernetes_home=$tool_cache/kubernetes-$kubernetes_version
coredns_home=$tool_cache/coredns-$coredns_version-$(source_key coredns)
minio_home=$tool_cache/minio-$minio_version
helm_home=$tool_cache/helm-$helm_version
kubectl_home=$tool_cache/kubectl-$kubernetes_version
kueue_home=$tool_cache/kueue-$kueue_version
pause_home=$tool_cache/pause-$(source_key pause)
runtime_home=$tool_cache/container-runtime-$distribution

install() {
  install_packages
  provide "$runtime_home" unpack_runtime containerd containerd-shim-runc-v2 ctr runc etcd cni/bridge
  provide "$kubernetes_home" build_kubernetes \
    kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet
  provide "$coredns_home" build_coredns coredns
  provide "$minio_home" build_minio minio
  provide "$helm_home" build_helm helm
  provide "$pause_home" build_pause pause
  provide "$kueue_home" build_kueue kueue
  if ! command -v kubectl >/dev/null; then
    provide "$kubectl_home" build_kubectl kubectl
  fi
}

kubectl_program() {
  command -v kubectl || echo "$kubectl_home/kubectl"
}

install_packages() {
  local program packages=()
  local -A package_of=(
    [curl]=curl [iptables]=iptables [ip]=iproute2 [nsenter]=util-linux [openssl]=openssl [socat]=socat
  )
  for program in "${!package_of[@]}"; do
    command -v "$program" >/dev/null || packages+=("${package_of[$program]}")
  done
  ldconfig -p | grep -F libseccomp.so.2 >/dev/null || packages+=(libseccomp2) # runc's
  [ "${#packages[@]}" -gt 0 ] || return 0
  echo "installing ${packages[*]}"
  apt-get install -y --no-install-recommends "${packages[@]}" >/dev/null ||
    fail "apt-get cannot install ${packages[*]}; if the package list is stale, run apt-get update"
}

# provide FOLDER MAKER PROGRAM...: if FOLDER lacks the programs, runs MAKER with an empty folder
# and moves its content there. Concurrent labs wait for each other; the move is atomic.
provide() {
  local folder=$1 maker=$2 begin lock status made
  shift 2
  provided "$folder" "$@" && return
  mkdir -p "$folder"
  exec {lock}>"$folder/lock"
  flock "$lock"
  if ! provided "$folder" "$@"; then
    echo "building $(basename "$folder"), once; log: $folder/build.log"
    begin=$(milliseconds)
    rm -rf "$folder/staging"
    mkdir "$folder/staging"
    set +e # not "|| fail", which would let the maker continue after an error
    (set -e; "$maker" "$folder/staging") >"$folder/build.log" 2>&1
    status=$?
    set -e
    if [ "$status" -ne 0 ]; then
      tail -n 5 "$folder/build.log" >&2
      fail "cannot build $(basename "$folder"): see $folder/build.log"
    fi
    for made in "$folder/staging"/*; do
      rm -rf "${folder:?}/$(basename "$made")"
      mv "$made" "$folder"
    done
    rmdir "$folder/staging"
    echo "built $(basename "$folder") ($(seconds_since "$begin"))"
  fi
  exec {lock}>&-
}

provided() { # provided FOLDER PROGRAM...
  local folder=$1 program
  shift
  for program in "$@"; do
    [ -x "$folder/$program" ] || return 1
  done
}

unpack_runtime() {
  local package unpacked=$1/unpacked
  mkdir "$unpacked"
  cd "$unpacked"
  # In a folder owned by root, apt only warns that it cannot drop privileges.
  apt-get download containerd runc containernetworking-plugins etcd-server
  for package in *.deb; do
    dpkg-deb -x "$package" .
  done
  mv usr/bin/containerd usr/bin/containerd-shim-runc-v2 usr/bin/ctr usr/bin/etcd usr/sbin/runc "$1"
  mv usr/lib/cni "$1/cni"
  ls ./*.deb
  rm -r "$unpacked"
}

go_tool() { # go_tool ARGUMENTS...: Go without cgo, at low priority
  local go
  go=$(command -v go || echo /usr/local/go/bin/go)
  [ -x "$go" ] || fail "Go is neither on the PATH nor in /usr/local/go/bin"
  CGO_ENABLED=0 nice -n 10 "$go" "$@"
}

build_kubernetes() {
  cd "$lab_source/tools/kubernetes"
  go_tool build -trimpath -ldflags "$(kubernetes_stamp)" -o "$1/" \
    k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kube-proxy,kubelet}
}

build_kubectl() {
  cd "$lab_source/tools/kubernetes"
  go_tool build -trimpath -ldflags "$(kubernetes_stamp)" -o "$1/" k8s.io/kubernetes/cmd/kubectl
}

kubernetes_stamp() {
  local package=k8s.io/component-base/version major minor
  IFS=. read -r major minor _ <<<"${kubernetes_version#v}"
  echo "-s -w -X $package.gitVersion=$kubernetes_version -X $package.gitTreeState=clean" \
    "-X $package.gitMajor=$major -X $package.gitMinor=$minor"
}

build_coredns() {
  cd "$lab_source/tools/coredns"
  go_tool build -trimpath -ldflags "-s -w" -o "$1/coredns" .
}

build_pause() {
  cd "$lab_source/tools/pause"
  go_tool build -trimpath -ldflags "-s -w" -o "$1/pause" .
}

build_minio() {
  cd "$1"
  GOBIN=$1 go_tool install "github.com/minio/minio@$minio_version"
}

build_helm() {
  cd "$1"
  GOBIN=$1 go_tool install -trimpath \
    -ldflags "-s -w -X helm.sh/helm/v3/internal/version.version=$helm_version" \
    "helm.sh/helm/v3/cmd/helm@$helm_version"
}

build_kueue() { # with its chart, which is part of its module
  cd "$1"
  GOBIN=$1 go_tool install -trimpath -ldflags "-s -w" "sigs.k8s.io/kueue/cmd/kueue@$kueue_version"
  GOFLAGS=-modcacherw go_tool mod download -json "sigs.k8s.io/kueue@$kueue_version" >module
  cp -r "$(sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' module)/charts/kueue" chart
  chmod -R u+w chart
  rm module
}
