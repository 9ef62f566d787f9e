# shellcheck shell=bash
# Keys, certificates and tokens, created once per lab and deleted with it.

secrets=$lab_home/secrets

make_credentials() {
  [ ! -e "$secrets/complete" ] || return 0
  rm -rf "$secrets"
  mkdir -m 700 "$secrets"
  local user
  for user in "${!identity_of[@]}"; do
    openssl rand -hex 16 >"$secrets/$user.token"
  done
  openssl rand -hex 16 >"$secrets/minio.secret"
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -out "$secrets/service-accounts.key"
  openssl pkey -in "$secrets/service-accounts.key" -pubout -out "$secrets/service-accounts.pub"

  authority ca "Sparkling lab"
  certificate ca apiserver "/CN=kube-apiserver" \
    "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$node_address,IP:$first_service_address"
  certificate ca apiserver-to-kubelet "/O=system:masters/CN=kube-apiserver" "DNS:kube-apiserver"
  certificate ca kubelet "/O=system:nodes/CN=system:node:$node" "DNS:$node,IP:$node_address"
  authority minio-ca "Sparkling lab object storage"
  certificate minio-ca minio "/CN=minio" \
    "DNS:minio,DNS:minio.storage,DNS:minio.storage.svc,DNS:minio.storage.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$node_address"
  touch "$secrets/complete"
}

# Token holders: user and group.
declare -A identity_of=(
  [admin]="admin,system:masters"
  [controller-manager]="system:kube-controller-manager,"
  [scheduler]="system:kube-scheduler,"
  [kubelet]="system:node:$node,system:nodes"
  [proxy]="system:kube-proxy,"
  [coredns]="lab:coredns,"
)

token_table() { # in the API server's format: token,user,uid,"groups"
  local user name group
  for user in "${!identity_of[@]}"; do
    IFS=, read -r name group <<<"${identity_of[$user]}"
    echo "$(<"$secrets/$user.token"),$name,$user${group:+,\"$group\"}"
  done
}

kubeconfig() { # kubeconfig USER PORT
  cat <<KUBECONFIG
apiVersion: v1
kind: Config
clusters:
  - name: $lab_name
    cluster:
      server: https://127.0.0.1:$2
      certificate-authority-data: $(base64 -w0 "$secrets/ca.crt")
users:
  - name: $1
    user:
      token: $(<"$secrets/$1.token")
contexts:
  - name: $lab_name
    context: {cluster: $lab_name, user: $1}
current-context: $lab_name
KUBECONFIG
}

authority() { # authority FILE NAME
  openssl req -x509 -config <(plain_request) -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj "/CN=$2" -days 3650 \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -addext subjectKeyIdentifier=hash \
    -keyout "$secrets/$1.key" -out "$secrets/$1.crt" 2>/dev/null
}

certificate() { # certificate AUTHORITY FILE SUBJECT NAMES
  openssl req -new -config <(plain_request) -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj "$3" -keyout "$secrets/$2.key" 2>/dev/null |
    openssl x509 -req -CA "$secrets/$1.crt" -CAkey "$secrets/$1.key" -CAcreateserial -days 3650 \
      -extfile <(
        echo "basicConstraints=critical,CA:FALSE"
        echo "keyUsage=critical,digitalSignature"
        echo "extendedKeyUsage=serverAuth,clientAuth"
        echo "subjectAltName=$4"
      ) -out "$secrets/$2.crt" 2>/dev/null
}

plain_request() { # instead of the machine's own openssl.cnf
  printf '[req]\ndistinguished_name=name\n[name]\n'
}
