"use strict"

// The platforms that a release has a binary for. `lib/native/binding.js` looks for the same names.

/** The newest glibc that a Linux binary may ask for: Rust's own floor, which RHEL 7 and Amazon Linux 2 have. */
const GLIBC_FLOOR = "2.17"

const TARGETS = [
  { platform: "linux-x64-gnu", triple: "x86_64-unknown-linux-gnu", os: "linux", cpu: "x64", libc: "glibc" },
  { platform: "linux-arm64-gnu", triple: "aarch64-unknown-linux-gnu", os: "linux", cpu: "arm64", libc: "glibc" },
  { platform: "linux-x64-musl", triple: "x86_64-unknown-linux-musl", os: "linux", cpu: "x64", libc: "musl" },
  { platform: "linux-arm64-musl", triple: "aarch64-unknown-linux-musl", os: "linux", cpu: "arm64", libc: "musl" },
  { platform: "darwin-x64", triple: "x86_64-apple-darwin", os: "darwin", cpu: "x64" },
  { platform: "darwin-arm64", triple: "aarch64-apple-darwin", os: "darwin", cpu: "arm64" },
  { platform: "win32-x64-msvc", triple: "x86_64-pc-windows-msvc", os: "win32", cpu: "x64" },
  { platform: "win32-arm64-msvc", triple: "aarch64-pc-windows-msvc", os: "win32", cpu: "arm64" },
]

const packageName = (platform) => `rust-auth-adapter-${platform}`
const binaryName = (platform) => `rust-auth-adapter.${platform}.node`

/** The target of the machine this runs on. */
function host() {
  const { glibcVersionRuntime: glibc } = process.report.getReport().header
  const libc = process.platform === "linux" ? (glibc ? "glibc" : "musl") : undefined
  const target = TARGETS.find(
    ({ os, cpu, libc: its }) => os === process.platform && cpu === process.arch && its === libc,
  )
  if (!target) throw new Error(`no release has a binary for ${process.platform}-${process.arch}`)
  return target
}

module.exports = { GLIBC_FLOOR, TARGETS, binaryName, host, packageName }
