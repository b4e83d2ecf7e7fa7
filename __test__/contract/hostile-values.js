// Values that a caller's code makes difficult: each throws when it is looked at, lies about itself, or has no end.

/** Reproducible: the same seed, the same numbers. */
export function random(seed) {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

export class Own extends Error {}
const thrown = () => {
  throw new Own("the caller's own")
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

const traps = [
  "get",
  "set",
  "has",
  "deleteProperty",
  "ownKeys",
  "getOwnPropertyDescriptor",
  "defineProperty",
  "getPrototypeOf",
  "isExtensible",
  "preventExtensions",
]
const throwing = (target, only = traps) => new Proxy(target, Object.fromEntries(only.map((trap) => [trap, thrown])))

class OddDate extends Date {
  valueOf = thrown
  getTime() {
    return thrown()
  }
  toISOString() {
    return thrown()
  }
  toJSON() {
    return thrown()
  }
  [Symbol.toPrimitive]() {
    return thrown()
  }
}

const inheriting = (object, prototype) => Object.setPrototypeOf(object, prototype)

const cyclic = () => {
  const value = { a: [] }
  value.a.push(value)
  return value
}
const endless = () => ({
  get more() {
    return endless()
  },
})
const withThrowing = (object, name) =>
  Object.defineProperty(object, name, { get: thrown, enumerable: true, configurable: true })

/** Makes of values: what is asked for twice is not the same one. */
export const makers = {
  "a revoked proxy": () => revoked({}),
  "a revoked proxy of an array": () => revoked([]),
  "a revoked proxy of a function": () => revoked(() => {}),
  "a proxy with throwing traps": () => throwing({}),
  "a proxy of a function with throwing traps": () => throwing(() => {}),
  "an object that inherits from a revoked proxy": () => inheriting({ a: 1 }, revoked({})),
  "a function that inherits from a revoked proxy": () => inheriting(() => {}, revoked({})),
  "a date that inherits from a revoked proxy": () => inheriting(new Date(0), revoked({})),
  "an object whose prototype inherits from a proxy with throwing traps": () =>
    inheriting({ a: 1 }, inheriting({}, throwing({}))),
  "a proxy of an array with throwing traps": () => throwing([1, 2]),
  "a proxy whose keys throw": () => throwing({}, ["ownKeys"]),
  "a proxy whose descriptors throw": () => throwing({ id: "x", a: 1 }, ["getOwnPropertyDescriptor"]),
  "a proxy whose prototype throws": () => throwing({}, ["getPrototypeOf"]),
  "a proxy of a date": () => new Proxy(new Date(), {}),
  "a getter that throws": () => withThrowing({}, "id"),
  "a getter that throws undefined": () => ({
    get id() {
      throw undefined
    },
  }),
  "a getter that throws a revoked proxy": () => ({
    get id() {
      throw revoked({})
    },
  }),
  "an array whose element throws": () => withThrowing([1], "0"),
  "an array with holes": () => [1, , 3], // eslint-disable-line no-sparse-arrays
  "an array of huge length": () => new Array(2 ** 32 - 1),
  "a cycle": cyclic,
  "an endless object": endless,
  "a huge array in an object": () => ({ deep: [new Array(2 ** 31)] }),
  "a toJSON that throws": () => ({ toJSON: thrown }),
  "a toJSON that is not there": () => ({ toJSON: () => undefined }),
  "a toString that throws": () => ({ toString: thrown, valueOf: thrown, [Symbol.toPrimitive]: thrown }),
  "an object with null prototype": () => Object.assign(Object.create(null), { a: 1 }),
  "an object that names __proto__": () => JSON.parse('{"__proto__": {"id": "x"}, "constructor": 1}'),
  "a thenable": () => ({ then: (resolve) => resolve("x") }),
  "a thenable that throws": () => ({ then: thrown }),
  "a symbol": () => Symbol("s"),
  "a function": () => thrown,
  "a bigint": () => 2n ** 200n,
  "a bigint in an object": () => ({ a: 1n }),
  "an odd date": () => new OddDate(),
  "an odd date without time": () => new OddDate(NaN),
  "a lone surrogate": () => "\ud800",
  "a NUL": () => "a\0b",
  "a boxed text": () => Object("x"),
  "a boxed symbol": () => Object(Symbol("s")),
  bytes: () => Buffer.alloc(10),
  "a map": () => new Map([[1, 2]]),
  "a module": () => globalThis,
  NaN: () => NaN,
  "-0": () => -0,
  null: () => null,
  undefined: () => undefined,
}

/** An object of these fields whose getters count how often they are read. */
export function counted(fields, reads = {}) {
  const object = {}
  for (const [name, value] of Object.entries(fields)) {
    reads[name] = 0
    Object.defineProperty(object, name, { enumerable: true, get: () => (reads[name]++, value) })
  }
  return object
}
