// What counts as an import of a Rust file, and what is wrong with one, on small crates that are really there.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { complaints, findImports } from "./imports.js"

const folder = mkdtempSync(join(tmpdir(), "rooms-"))
after(() => rmSync(folder, { recursive: true, force: true }))
let crates = 0

/** A folder with these files. */
function crate(files) {
  const root = join(folder, `${crates++}`)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const ORDER = ["lib", "store", "error"]
/** Three rooms, the topmost first; `store` has a file of its own besides. */
const house = (files) =>
  crate({
    "lib.rs": "mod store;\nmod error;",
    "store/mod.rs": "pub mod lease;",
    "store/lease.rs": "",
    "error.rs": "",
    ...files,
  })

describe("an import is", () => {
  /** What `text` in store/lease.rs names in other files. */
  const named = (text, more) =>
    findImports(house({ "store/lease.rs": text, ...more })).imports.map(({ to, line, path }) => `${line} ${to} ${path}`)

  for (const [what, text, ...imports] of [
    ["a use", "use crate::error::Error;", "1 error.rs crate::error::Error"],
    ["a use of a module", "pub(crate) use crate::error;", "1 error.rs crate::error"],
    [
      "each leaf of a nest",
      "use crate::{error::{self, Code, Health as H}, store};",
      "1 error.rs crate::error",
      "1 error.rs crate::error::Code",
      "1 error.rs crate::error::Health",
      "1 store/mod.rs crate::store",
    ],
    ["a nest over several lines", "\nuse crate::{\n    error::*,\n};", "2 error.rs crate::error"],
    ["what is not in a module of the root", "use crate::Top;", "1 lib.rs crate::Top"],
    ["super", "use super::Store;", "1 store/mod.rs super::Store"],
    ["super's super", "use super::super::error::Error;", "1 error.rs super::super::error::Error"],
    [
      "a path in code",
      "fn f() -> bool {\n    g(crate::error::Health::Lost)\n}",
      "2 error.rs crate::error::Health::Lost",
    ],
    ["a path with a line break", "fn f() { crate::error\n    ::made() }", "1 error.rs crate::error::made"],
    [
      "a path within a block of its own",
      "mod inner {\n    use super::super::Store;\n}",
      "2 store/mod.rs super::super::Store",
    ],
    ["a path of a macro", "macro_rules! m { () => { $crate::error::made() } }", "1 error.rs crate::error::made"],
    ["a raw identifier", "use crate::r#error::Error;", "1 error.rs crate::error::Error"],
    ["an attribute", "#[derive(crate::error::Derived)]\nstruct S;", "1 error.rs crate::error::Derived"],
    [
      "a bound with a lifetime",
      "fn f<'a>(x: &'a str) -> impl Fn(&'a crate::error::E) + use<'a> { g(x) }",
      "1 error.rs crate::error::E",
    ],
    [
      "after strings and characters",
      `const Q: [char; 3] = ['"', '\\'', '\\u{27}']; const R: &str = r#"a"b"#; type E = crate::error::E;`,
      "1 error.rs crate::error::E",
    ],
  ])
    test(what, () => assert.deepEqual(named(text), imports))

  for (const [what, text] of [
    ["a comment", "// use crate::error::Error;\n/* crate::error::E /* nested */ crate::error::E */"],
    [
      "a link of the documentation",
      "/// See [`crate::error::Error`] and [it](super::Store).\n//! crate::error::Error\nfn f() {}",
    ],
    [
      "a string",
      `const S: &str = "crate::error::Error \\" crate::error::E"; const R: &str = r##"crate::error::E "# crate::error"##;`,
    ],
    ["who may see something", "pub(super) fn f() {}\npub(crate) struct S;\npub(in crate::store) struct T;"],
    ["a test", "#[cfg(test)]\nmod tests {\n    use crate::error::Error;\n    fn f() { if a { b } }\n}"],
    [
      "what is used by tests only",
      "#[cfg(test)]\nuse crate::error::Error;\n#[cfg(all(test, unix))]\n#[allow(dead_code)]\nfn f() { crate::error::E }",
    ],
    ["another crate, of any name", "use error::Error;\nuse ::error::Other;\nfn f() { store::g(); ::error::h() }"],
    ["the file itself", "use self::inner::A;\nuse crate::store::lease::B;\nmod inner {\n    use super::C;\n}"],
    ["a path into the standard library", "use std::error::Error;\nfn f() { std::error::g() }"],
  ])
    test(`${what} is none`, () => assert.deepEqual(named(text), []))

  test("a test after which the code goes on", () => {
    assert.deepEqual(named("#[cfg(test)]\nconst A: [u8; 2] = [1, 2];\n#[cfg(test)]\nimpl A {}\nuse crate::error::E;"), [
      "5 error.rs crate::error::E",
    ])
  })

  test("a child, by its bare name", () => {
    const { imports } = findImports(
      house({ "store/mod.rs": "pub mod lease;\nuse lease::Lease;\nfn f() { lease::g() }" }),
    )
    assert.deepEqual(
      imports.map(({ line, to }) => [line, to]),
      [
        [2, "store/lease.rs"],
        [3, "store/lease.rs"],
      ],
    )
  })

  test("of the file that an attribute names", () => {
    const root = crate({
      "lib.rs": `#[path = "napi/mod.rs"]\npub(crate) mod js;\nuse js::batch::B;`,
      "napi/mod.rs": "pub mod batch;",
      "napi/batch.rs": "use super::A;",
    })
    assert.deepEqual(
      findImports(root).imports.map(({ from, to }) => [from, to]),
      [
        ["lib.rs", "napi/batch.rs"],
        ["napi/batch.rs", "napi/mod.rs"],
      ],
    )
  })
})

describe("what is wrong", () => {
  for (const [what, files, ...wrong] of [
    ["nothing", { "lib.rs": "mod store;\nmod error;\nuse store::lease::L;", "store/lease.rs": "use crate::error::E;" }],
    [
      "nothing where only a test's file imports upwards",
      { "error.rs": "#[cfg(test)]\nmod tests;", "error/tests.rs": "use crate::store::S;" },
    ],
    [
      "an import that points up",
      { "error.rs": "\nuse crate::store::lease::L;" },
      "upwards: error.rs:2 imports store/lease.rs (crate::store::lease::L)",
    ],
    [
      "the top, from below",
      { "store/lease.rs": "fn f() { crate::top() }" },
      "upwards: store/lease.rs:1 imports lib.rs (crate::top)",
    ],
    [
      "a circle within a room",
      { "store/mod.rs": "pub mod lease;\nuse lease::L;", "store/lease.rs": "use super::S;" },
      "circle: store/mod.rs:2 imports store/lease.rs (lease::L), store/lease.rs:1 imports store/mod.rs (super::S)",
    ],
    [
      "a circle of three, once",
      {
        "store/mod.rs": "mod lease;\nmod a;\nmod b;",
        "store/lease.rs": "use super::a::A;",
        "store/a.rs": "use super::b::B;",
        "store/b.rs": "use super::lease::L;",
      },
      "circle: store/lease.rs:1 imports store/a.rs (super::a::A), store/a.rs:1 imports store/b.rs (super::b::B), store/b.rs:1 imports store/lease.rs (super::lease::L)",
    ],
    [
      "a circle across rooms, which also points up",
      { "store/lease.rs": "use crate::error::E;", "error.rs": "use crate::store::lease::L;" },
      "upwards: error.rs:1 imports store/lease.rs (crate::store::lease::L)",
      "circle: store/lease.rs:1 imports error.rs (crate::error::E), error.rs:1 imports store/lease.rs (crate::store::lease::L)",
    ],
    [
      "a room that the order does not know",
      { "lib.rs": "mod store;\nmod error;\nmod attic;", "attic.rs": "" },
      "the room attic is not in the order",
    ],
    [
      "a room that only the order knows",
      { "lib.rs": "mod store;", "error.rs": "" },
      "the order has a room error, and the crate has none",
      "error.rs belongs to no module",
    ],
  ])
    test(what, () => assert.deepEqual(complaints(house(files), ORDER), wrong))

  test("a module without a file is an error", () => {
    assert.throws(
      () => complaints(house({ "error.rs": "mod gone;" }), ORDER),
      /error\.rs declares the module gone, which has no file/,
    )
    assert.throws(() => complaints(crate({ "a.rs": "" }), ORDER), /neither lib\.rs nor main\.rs/)
  })

  test("the command prints it and fails; else it says nothing", () => {
    const script = fileURLToPath(new URL("imports.js", import.meta.url))
    const data = join(folder, "rooms.json")
    writeFileSync(data, JSON.stringify({ order: ORDER }))
    const run = (root) => spawnSync(process.execPath, [script, root, data], { encoding: "utf8" })
    const { status, stdout, stderr } = run(house({ "error.rs": "use crate::store::S;" }))
    assert.deepEqual([status, stdout, stderr], [1, "upwards: error.rs:1 imports store/mod.rs (crate::store::S)\n", ""])
    const sound = run(house({}))
    assert.deepEqual([sound.status, sound.stdout, sound.stderr], [0, "", ""])
  })
})
