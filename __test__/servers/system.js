// A program of another Debian than this machine's: in a folder of its own (a chroot), which is kept between runs. Needs root, for
// debootstrap and chroot.
import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { binary } from "./binary.js"

/** Debian's archive does not install today: no fault of this repository, and no verdict on the adapter. */
export class ArchiveUnavailable extends Error {
  name = "ArchiveUnavailable"
}

/** The folder `name` with Debian's `suite`, made on the first run: it has `debianPackage`, whose `program` runs. */
export function installedSystem(name, { suite, debianPackage, program }) {
  const cache = join(process.env.XDG_CACHE_HOME || "/var/cache", "rust-auth-adapter")
  const system = join(cache, name)
  if (existsSync(system)) return system

  mkdirSync(cache, { recursive: true })
  const debootstrap = binary("debootstrap", { debianPackage: "debootstrap" })
  const { mirror, proxy } = aptSource()
  // debootstrap leaves a folder behind when it fails: only a finished one gets the name.
  const unfinished = mkdtempSync(join(cache, "unfinished-"))
  try {
    console.error(`  installing ${debianPackage} from Debian's ${suite} into ${system}`)
    execFileSync(debootstrap, ["--variant=minbase", `--include=${debianPackage}`, suite, unfinished, mirror], {
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 1 << 26,
      env: { ...process.env, ...(proxy && { http_proxy: proxy }) },
    })
    execFileSync("chroot", [unfinished, program, "--version"])
    chmodSync(unfinished, 0o755)
    renameSync(unfinished, system)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    const tail = `${error.stdout ?? ""}${error.stderr ?? ""}`.trim().split("\n").slice(-5).join("\n")
    throw new ArchiveUnavailable(`Debian's ${suite} did not install ${debianPackage} today: ${tail || error.message}`)
  }
  return system
}

/** Puts `file` of `debianPackage`, which need not be installed, into such a folder, from the same archive. */
export function unpackedFile(system, debianPackage, file) {
  if (existsSync(join(system, file))) return
  const folder = mkdtempSync(join(system, "tmp", "unpacked-"))
  try {
    const { proxy } = aptSource()
    const options = ["-q", "-o", "APT::Sandbox::User=root", ...(proxy ? ["-o", `Acquire::http::Proxy=${proxy}`] : [])]
    const apt = (...words) => {
      const command = ["sh", "-c", 'cd "$0" && exec apt-get "$@"', folder.slice(system.length), ...options, ...words]
      execFileSync("chroot", [system, ...command], { stdio: ["ignore", "pipe", "pipe"] })
    }
    try {
      apt("download", debianPackage)
    } catch {
      apt("update") // the archive has gone on since the folder was made
      apt("download", debianPackage)
    }
    const [name] = readdirSync(folder)
    execFileSync("dpkg-deb", ["-x", join(folder, name), join(folder, "files")])
    mkdirSync(dirname(join(system, file)), { recursive: true })
    // Under its name once it is whole: others may be doing the same.
    const whole = join(folder, "files", file)
    chmodSync(whole, 0o644)
    renameSync(whole, join(system, file))
  } catch (error) {
    const tail = `${error.stderr ?? ""}`.trim().split("\n").slice(-3).join("\n")
    throw new ArchiveUnavailable(`Debian did not give ${file} of ${debianPackage} today: ${tail || error.message}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The mirror (and proxy) that this machine's apt uses. */
function aptSource() {
  const list = () =>
    execFileSync("apt-get", ["indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)", "Created-By: Packages"])
      .toString()
      .split("\n")
      .map((line) => line.split(" "))
  const debian = ([, origin, label]) => origin === "Debian" && label === "Debian"
  let source = list().find(debian)
  if (!source) {
    execFileSync("apt-get", ["update", "-q"]) // a fresh image does not know its archives yet
    source = list().find(debian)
  }
  if (!source) throw new Error("apt knows no Debian archive")
  const [, proxy] =
    execFileSync("apt-config", ["dump", "Acquire::http::Proxy"])
      .toString()
      .match(/"(.*)"/) ?? []
  return { mirror: source[0], proxy }
}
