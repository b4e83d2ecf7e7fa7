// Who writes beside whom, and how.

const ours = (writer = {}) => ({ style: "steady", ...writer })
const app = (driver, writer = {}) => ({ driver, style: "steady", ...writer })
const pool = { options: { syncReads: false } }

/** Scenes with the application's SQLite being `driver`. */
const beside = (driver, more) => {
  const scene = (name, processes, rest) => ({ name: `${driver}: ${name}`, processes, ...more, ...rest })
  return [
    scene("on the same thread", [[ours(), app(driver)]]),
    scene("ours by the pool", [[ours(pool), app(driver)]]),
    scene("in rollback mode", [[ours(), app(driver)]], { mode: "delete" }),
    scene("in rollback mode, ours by the pool", [[ours(pool), app(driver)]], { mode: "delete" }),
    scene("on another thread", [[ours(), app(driver, { thread: true })]]),
    scene("ours on another thread", [[ours({ thread: true }), app(driver)]]),
    scene("on another thread, in rollback mode", [[ours(), app(driver, { thread: true })]], { mode: "delete" }),
    // A commit in rollback mode has to wait for those that look; none of ours is refused meanwhile.
    scene(
      "on another thread, in rollback mode, looking",
      [[ours({ callers: 16 }), app(driver, { style: "look", thread: true })]],
      { mode: "delete", waits: true },
    ),
    scene("two processes of both", [
      [ours(), app(driver)],
      [ours(), app(driver)],
    ]),
    scene("transactions across ours", [[ours(), app(driver, { style: "transactions" })]]),
    scene("transactions across ours, in rollback mode", [[ours(), app(driver, { style: "transactions" })]], {
      mode: "delete",
    }),
    scene("both open and close over and over", [[ours({ style: "reopen" }), app(driver, { style: "reopen" })]]),
    scene("both open and close over and over, in two processes", [
      [ours({ style: "reopen" }), app(driver, { style: "reopen" })],
      [ours({ style: "reopen" }), app(driver, { style: "reopen" })],
    ]),
    scene("both open and close, in rollback mode", [[ours({ style: "reopen" }), app(driver, { style: "reopen" })]], {
      mode: "delete",
    }),
    scene("killed", [[ours(), app(driver)]], { kill: true }),
    scene("killed while they open and close", [[ours({ style: "reopen" }), app(driver, { style: "reopen" })]], {
      kill: true,
    }),
    scene(
      "one of two processes is killed",
      [
        [ours(), app(driver)],
        [ours(), app(driver)],
      ],
      { kill: true },
    ),
    scene("killed in rollback mode", [[ours(), app(driver)]], { kill: true, mode: "delete" }),
  ]
}

/** `node` runs those that need node:sqlite; `packages` are two copies of this package. */
export const scenes = (node, packages) => [
  ...beside("better-sqlite3"),
  ...beside("node:sqlite", { node }),
  { name: "two copies of this package", packages, processes: [[ours(), ours({ copy: 1 })]] },
  { name: "two copies of this package, by the pool", packages, processes: [[ours(pool), ours({ copy: 1, ...pool })]] },
  {
    name: "two copies of this package, on two threads, open and close",
    packages,
    processes: [[ours({ style: "reopen" }), ours({ copy: 1, style: "reopen", thread: true })]],
  },
  {
    name: "two copies of this package and better-sqlite3",
    packages,
    processes: [[ours(), ours({ copy: 1 }), app("better-sqlite3")]],
  },
  {
    name: "another process writes while this one reads the file's bytes",
    processes: [[ours(), { style: "read" }], [app("better-sqlite3")]],
  },
  {
    name: "another process writes while a thread reads the file's bytes, in rollback mode",
    mode: "delete",
    processes: [
      [ours(), { style: "read", thread: true }],
      [app("better-sqlite3"), ours()],
    ],
  },
]
