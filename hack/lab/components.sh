# shellcheck shell=bash
# The programs of the cluster: start commands and readiness checks.

node=lab
# Assigned to a bridge without ports: the kubelet refuses loopback, and the kernel may lack dummy devices.
node_address=172.30.0.1
first_service_address=10.96.0.1
dns_address=10.96.0.10
service_range=10.96.0.0/16
pod_range=10.244.0.0/16

# In start order. The relays forward connections from the host's loopback into the lab's network
# namespace over Unix sockets, which are not bound to a namespace.
components=(
  etcd containerd minio apiserver controller-manager scheduler kubelet proxy coredns
  apiserver-inside apiserver-outside minio-inside minio-outside
)

is_component() {
  [[ " ${components[*]} " == *" $1 "* ]]
}

ready_within=60

start() { # start NAME: starts it if it is not running; returns before it is ready
  pid_of "$1" >/dev/null || "run_$1"
}

settle() { # settle NAME BEGIN: waits until it is ready and reports that
  await "$1" "$ready_within" "ready_$1"
  echo "$1 ready ($(seconds_since "$2"))"
}

in_network() {
  nsenter --net="/run/netns/$lab_name" "$@"
}

launch_inside() { # launch_inside NAME PROGRAM ARGUMENTS...
  local name=$1
  shift
  # Not "ip netns exec", which hides the cgroup mounts.
  launch "$name" nsenter --net="/run/netns/$lab_name" "$@"
}

answers() { # answers URL CURL-ARGUMENTS...: requests URL inside the lab's network
  in_network curl --noproxy '*' --silent --show-error --fail --max-time 5 --output /dev/null "$@"
}

run_etcd() {
  launch_inside etcd "$runtime_home/etcd" --name lab --data-dir "$lab_home/etcd" --unsafe-no-fsync \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380
}

ready_etcd() {
  answers http://127.0.0.1:2379/health
}

run_containerd() {
  # containerd looks up its shim on the PATH.
  launch_inside containerd env PATH="$runtime_home:$PATH" \
    "$runtime_home/containerd" --config "$lab_home/config/containerd.toml"
}

ready_containerd() {
  containerd_client version
}

containerd_client() {
  "$runtime_home/ctr" --address "$lab_home/containerd/containerd.sock" --namespace k8s.io "$@"
}

run_minio() {
  launch_inside minio env MINIO_ROOT_USER=sparkling-lab \
    MINIO_ROOT_PASSWORD="$(<"$secrets/minio.secret")" MINIO_BROWSER=off MINIO_UPDATE=off \
    "$minio_home/minio" server --quiet --address :9000 --certs-dir "$lab_home/config/minio" \
    "$lab_home/minio"
}

ready_minio() {
  answers --cacert "$secrets/minio-ca.crt" "https://$node_address:9000/minio/health/ready"
}

run_apiserver() {
  launch_inside apiserver "$kubernetes_home/kube-apiserver" \
    --etcd-servers=http://127.0.0.1:2379 --advertise-address="$node_address" \
    --service-cluster-ip-range="$service_range" --allow-privileged=true \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --client-ca-file="$secrets/ca.crt" --token-auth-file="$lab_home/config/tokens.csv" \
    --tls-cert-file="$secrets/apiserver.crt" --tls-private-key-file="$secrets/apiserver.key" \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-signing-key-file="$secrets/service-accounts.key" \
    --service-account-key-file="$secrets/service-accounts.pub" \
    --kubelet-certificate-authority="$secrets/ca.crt" \
    --kubelet-client-certificate="$secrets/apiserver-to-kubelet.crt" \
    --kubelet-client-key="$secrets/apiserver-to-kubelet.key" \
    --kubelet-preferred-address-types=InternalIP
}

ready_apiserver() {
  answers --cacert "$secrets/ca.crt" --header "Authorization: Bearer $(<"$secrets/admin.token")" \
    https://127.0.0.1:6443/readyz
}

run_controller-manager() {
  local kubeconfig=$lab_home/config/controller-manager.kubeconfig
  launch_inside controller-manager "$kubernetes_home/kube-controller-manager" \
    --kubeconfig="$kubeconfig" --authentication-kubeconfig="$kubeconfig" \
    --authorization-kubeconfig="$kubeconfig" --bind-address=127.0.0.1 --leader-elect=false \
    --root-ca-file="$secrets/ca.crt" --use-service-account-credentials=true \
    --kube-api-qps=200 --kube-api-burst=400 \
    --flex-volume-plugin-dir="$lab_home/kubelet/volume-plugins" \
    --service-account-private-key-file="$secrets/service-accounts.key"
}

ready_controller-manager() {
  answers --insecure https://127.0.0.1:10257/healthz
}

run_scheduler() {
  local kubeconfig=$lab_home/config/scheduler.kubeconfig
  launch_inside scheduler "$kubernetes_home/kube-scheduler" \
    --kubeconfig="$kubeconfig" --authentication-kubeconfig="$kubeconfig" \
    --authorization-kubeconfig="$kubeconfig" --bind-address=127.0.0.1 --leader-elect=false
}

ready_scheduler() {
  answers --insecure https://127.0.0.1:10259/healthz
}

run_kubelet() {
  launch_inside kubelet "$kubernetes_home/kubelet" --config="$lab_home/config/kubelet.yaml" \
    --kubeconfig="$lab_home/config/kubelet.kubeconfig" --root-dir="$lab_home/kubelet" \
    --cert-dir="$lab_home/kubelet/pki" --hostname-override="$node" --node-ip="$node_address"
}

ready_kubelet() {
  answers http://127.0.0.1:10248/healthz
}

run_proxy() {
  # Masquerade everything, so that a pod reaches a pod on the same bridge through a Service even if
  # the kernel does not pass bridged packets to iptables. Conntrack limits belong to the host.
  launch_inside proxy "$kubernetes_home/kube-proxy" \
    --kubeconfig="$lab_home/config/proxy.kubeconfig" --hostname-override="$node" \
    --proxy-mode=iptables --cluster-cidr="$pod_range" --masquerade-all \
    --conntrack-max-per-core=0 --conntrack-min=0 --conntrack-tcp-timeout-established=0 \
    --conntrack-tcp-timeout-close-wait=0 --oom-score-adj=0 \
    --healthz-bind-address=127.0.0.1:10256 --metrics-bind-address=127.0.0.1:10249
}

ready_proxy() {
  answers http://127.0.0.1:10256/healthz
}

run_coredns() {
  launch_inside coredns "$coredns_home/coredns" -conf "$lab_home/config/Corefile"
}

ready_coredns() {
  answers http://127.0.0.1:8181/ready
}

run_apiserver-inside() { relay_inside apiserver 127.0.0.1:6443; }
run_apiserver-outside() { relay_outside apiserver; }
run_minio-inside() { relay_inside minio "$node_address:9000"; }
run_minio-outside() { relay_outside minio; }

relay_inside() { # relay_inside NAME ADDRESS: forwards from the socket to the address
  launch_inside "$1-inside" \
    socat -b 65536 -t 5 "UNIX-LISTEN:$lab_home/run/$1.sock,unlink-early,mode=600,fork" "TCP:$2"
}

relay_outside() { # relay_outside NAME: forwards from the host's loopback to the socket
  launch "$1-outside" socat -b 65536 -t 5 \
    "TCP-LISTEN:$(host_port "$1"),bind=127.0.0.1,reuseaddr,fork" "UNIX-CONNECT:$lab_home/run/$1.sock"
}

ready_apiserver-inside() { [ -S "$lab_home/run/apiserver.sock" ]; }
ready_minio-inside() { [ -S "$lab_home/run/minio.sock" ]; }
ready_apiserver-outside() { listens "$(host_port apiserver)"; }
ready_minio-outside() { listens "$(host_port minio)"; }

host_port() { # host_port NAME: chosen once per lab
  local file=$lab_home/run/$1.port port
  if [ ! -e "$file" ]; then
    # Below the kernel's ephemeral port range.
    until port=$((20000 + RANDOM % 12000)) && ! listens "$port"; do :; done
    echo "$port" >"$file"
  fi
  cat "$file"
}

listens() { # listens PORT
  [ -n "$(ss --no-header --tcp --listening --numeric "sport = :$1")" ]
}
