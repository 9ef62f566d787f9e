# shellcheck shell=bash
# Images without Docker: archives in the format of "docker save", which containerd imports and Jib
# accepts as a base (tar://). Reproducible: equal content gives equal bytes.

base_image_name=sparkling.lab/base:1
pause_image_name=sparkling.lab/pause:1 # config/containerd.toml names it too
minio_image_name=sparkling-minio:1
kueue_image_name=sparkling.lab/kueue:1 # config/kueue.yaml names it too
runtime_modules=java.se,jdk.unsupported,jdk.crypto.ec,jdk.management,jdk.zipfs,jdk.jfr
runtime_modules+=,jdk.incubator.vector,jdk.httpserver,jdk.net,jdk.naming.dns

load_image() {
  [ $# -eq 1 ] || fail "usage: lab load-image FILE.tar"
  [ -r "$1" ] || fail "cannot read $1"
  pid_of containerd >/dev/null || fail "containerd is not running; start the lab with: lab up"
  containerd_client images import "$1"
}

load_pause_image() {
  load_program "$pause_image_name" "$pause_home/pause" pause
}

load_kueue_image() {
  load_program "$kueue_image_name" "$kueue_home/kueue" manager
}

load_program() { # load_program IMAGE FILE NAME: loads an image of one static program if it is missing
  local work
  [ -z "$(containerd_client images list --quiet "name==$1")" ] || return 0
  work=$(mktemp -d)
  program_image "$work/image.tar" "$@"
  load_image "$work/image.tar" >/dev/null
  rm -r "$work"
}

program_image() { # program_image TARBALL IMAGE FILE NAME
  local work
  work=$(mktemp -d)
  mkdir "$work/root"
  cp "$3" "$work/root/$4"
  layer "$work/root" "$work/layer.tar"
  archive "$1" "$2" "{\"Entrypoint\":[\"/$4\"],\"User\":\"65535:65535\"}" "$work/layer.tar"
  rm -r "$work"
}

minio_image() {
  [ $# -eq 1 ] || fail "usage: lab minio-image FILE.tar"
  mkdir -p "$tool_cache"
  provide "$minio_home" build_minio minio
  program_image "$1" "$minio_image_name" "$minio_home/minio" minio
  echo "$minio_image_name: $(du -h "$1" | cut -f1) in $1"
}

base_image() {
  local with_jre=false file='' packages key folder
  while [ $# -gt 0 ]; do
    case $1 in
      --with-jre) with_jre=true ;;
      -*) fail "base-image: no option $1" ;;
      *) file=$1 ;;
    esac
    shift
  done
  [ -n "$file" ] || fail "usage: lab base-image [--with-jre] FILE.tar"
  packages=$(base_packages | xargs apt-get download --print-uris | awk '{ print $2 }' | sort) ||
    fail "apt-get does not find the packages of the base image; try apt-get update"
  key=$packages$(<"$lab_source/images.sh")
  if $with_jre; then
    [ -x "${JAVA_HOME:-}/bin/jlink" ] || fail "JAVA_HOME: '${JAVA_HOME:-}' is not a JDK"
    key+=$(<"$JAVA_HOME/release")
  fi
  folder=$tool_cache/base-image-$(sha256sum <<<"$key" | cut -c1-12)
  mkdir -p "$tool_cache"
  if $with_jre; then
    provide "$folder" build_base_image_with_jre base.tar
  else
    provide "$folder" build_base_image base.tar
  fi
  cp "$folder/base.tar" "$file"
  echo "$base_image_name: $(du -h "$file" | cut -f1) in $file"
}

# Prints the packages: libraries that a Java runtime and libtorch for CPUs link to, and certificates for
# other programs.
base_packages() {
  echo base-files ca-certificates libc-bin libc6 libgcc-s1 libgomp1 libstdc++6 zlib1g
  apt-cache show --no-all-versions libgcc-s1 | grep -o 'gcc-[0-9]*-base' | sort -u # their licenses
}

build_base_image() {
  fill_root "$1/root"
  layer "$1/root" "$1/layer.tar"
  archive "$1/base.tar" "$base_image_name" "$(base_settings)" "$1/layer.tar"
  finish "$1"
}

build_base_image_with_jre() {
  fill_root "$1/root"
  layer "$1/root" "$1/layer.tar"
  mkdir -p "$1/java/opt"
  # The distribution's JDK may link its certificates to the machine's; jlink would fail on that.
  "$JAVA_HOME/bin/jlink" --add-modules "$runtime_modules" --strip-debug --no-header-files \
    --no-man-pages --compress=zip-6 --ignore-modified-runtime --output "$1/java/opt/java"
  layer "$1/java" "$1/java.tar"
  archive "$1/base.tar" "$base_image_name" "$(base_settings '"JAVA_HOME=/opt/java"')" \
    "$1/layer.tar" "$1/java.tar"
  finish "$1"
}

finish() { # finish FOLDER: removes all but the archive
  chmod +x "$1/base.tar" # "provide" expects executables
  find "$1" -mindepth 1 -maxdepth 1 ! -name base.tar -exec rm -rf {} +
}

base_settings() { # base_settings [VARIABLES]
  cat <<SETTINGS
{"User":"10001:10001","WorkingDir":"/","Env":["PATH=/opt/java/bin:/usr/bin:/bin","LANG=C.UTF-8"${1:+,$1}]}
SETTINGS
}

fill_root() { # fill_root FOLDER: libraries only, no executables
  local root=$1 packages package
  packages=$(mktemp -d)
  (cd "$packages" && base_packages | xargs apt-get download)
  mkdir -p "$root"/{etc/ssl/certs,tmp,usr/bin,usr/lib,usr/lib64,usr/sbin}
  ln -s usr/bin "$root/bin"
  ln -s usr/sbin "$root/sbin"
  ln -s usr/lib "$root/lib"
  ln -s usr/lib64 "$root/lib64"
  chmod 1777 "$root/tmp"
  for package in "$packages"/*.deb; do
    # dpkg-deb -x would replace the links with folders.
    dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory "$root" \
      --wildcards --exclude './usr/share/man' --exclude './usr/share/locale' \
      --exclude './usr/share/lintian' --exclude './usr/share/bug' --exclude './usr/share/info' \
      --exclude './usr/share/base-files' --exclude './usr/lib/*/gconv' --exclude './usr/lib/*/audit' \
      --exclude '*/changelog*' --exclude '*/NEWS*' --exclude '*/README*' --exclude './var/*' \
      --exclude './usr/bin/*' --exclude './sbin/*' --exclude './usr/sbin/*' --exclude './bin/*' \
      --exclude './lib/systemd' --exclude './usr/share/gdb' --exclude './usr/share/gcc' \
      --exclude './usr/share/doc/*/*.gz' --exclude './usr/share/doc/*/examples'
  done
  rm -r "$packages"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  rm -r "$root/usr/share/ca-certificates"
  echo 'root:x:0:0:root:/:/usr/sbin/nologin' >"$root/etc/passwd"
  echo 'sparkling:x:10001:10001::/tmp:/usr/sbin/nologin' >>"$root/etc/passwd"
  printf 'root:x:0:\nsparkling:x:10001:\n' >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
  find "$root" -type d -empty ! -path "$root/tmp" -delete
}

layer() { # layer FOLDER FILE: writes a layer with the image's names, without this machine's owners and times
  local names
  mapfile -t names < <(ls -A "$1")
  tar --create --format=gnu --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
    --file "$2" --directory "$1" "${names[@]}"
}

# archive FILE NAME SETTINGS LAYER...: SETTINGS is the image's config JSON.
archive() {
  local file=$1 name=$2 settings=$3 work sum sums=() names=() history=()
  shift 3
  work=$(mktemp -d)
  for _ in "$@"; do
    sum=$(sha256sum <"$1" | cut -d' ' -f1)
    cp "$1" "$work/$sum.tar"
    sums+=("\"sha256:$sum\"")
    names+=("\"$sum.tar\"")
    history+=('{"created":"1970-01-01T00:00:00Z"}')
    shift
  done
  cat >"$work/config" <<CONFIG
{"architecture":"$(dpkg --print-architecture)","os":"linux","created":"1970-01-01T00:00:00Z","config":$settings,"rootfs":{"type":"layers","diff_ids":[$(join "${sums[@]}")]},"history":[$(join "${history[@]}")]}
CONFIG
  sum=$(sha256sum <"$work/config" | cut -d' ' -f1)
  mv "$work/config" "$work/$sum.json"
  echo "[{\"Config\":\"$sum.json\",\"RepoTags\":[\"$name\"],\"Layers\":[$(join "${names[@]}")]}]" \
    >"$work/manifest.json"
  layer "$work" "$file"
  rm -r "$work"
}

join() {
  local IFS=,
  echo "$*"
}
