"use strict";

const binding = require("./binding.js");
const { attend, perform, together, MAX_SHARED_KEY } = require("./crossing.js");
const { RustAdapterError } = require("./error.js");
const sessions = require("./sessions.js");

const only = (count, record) => (count === 0 ? null : record());
const nothing = () => undefined;
const all = (count, record) => Array.from({ length: count }, record);
const sessionAndUser = (count, record) => (count === 0 ? null : { session: record(), user: record() });

/** What the records of a method's answer become; one record or null unless said here. */
const ASSEMBLE = { getSessionAndUser: sessionAndUser, listAuthenticatorsByUserId: all };

/** Methods whose argument is a profile, which may hold anything. */
const STORES_PROFILE = new Set(["createUser", "updateUser"]);

const warned = new Set();

/** Says once of each field that it is lost, since there is no column for it. Returns what was stored. */
function warnOfDropped(given, stored) {
  for (const [field, value] of Object.entries(given)) {
    if (value === undefined || field in stored || warned.has(field)) continue;
    warned.add(field);
    process.emitWarning(`the user table has no column for "${field}", which is therefore not stored`, {
      type: "RustAdapterWarning",
      code: "RUST_ADAPTER_DROPPED_FIELD",
    });
  }
  return stored;
}

/** The operations, in the order of the core's numbers for them. */
const OPERATIONS = binding.operations();

const isPlain = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof URL);

/** Accepts `(url, options)` and `({ url, ...options })`. */
function normalize(url, options) {
  if (isPlain(url) && options === undefined) ({ url, ...options } = url);
  if (url !== undefined && url !== null && typeof url !== "string" && !(url instanceof URL)) {
    const got = Array.isArray(url) ? "an array" : typeof url;
    throw new RustAdapterError("ERR_CONFIG", `the database URL must be a string, not ${got}`);
  }
  if (options !== undefined && !isPlain(options)) {
    throw new RustAdapterError("ERR_CONFIG", "the options must be an object");
  }
  return [url == null ? undefined : String(url), { ...options }];
}

function open(url, options) {
  try {
    return binding.open(url, options);
  } catch (error) {
    throw new RustAdapterError("ERR_CONFIG", error.message);
  }
}

/**
 * An Auth.js adapter for the database at `url`. No I/O happens before the first call.
 *
 * Auth.js takes the adapter's own enumerable properties and calls them detached; the object may be spread. Whatever is
 * not a method of the contract is therefore not enumerable.
 */
function RustAdapter(url, options) {
  const [address, settings] = normalize(url, options);
  const handle = open(address, settings);
  attend(handle);
  const adapter = {};
  const core = {};
  const departures = [];
  const sharing = binding.sharing(handle);
  const answersAtOnce = binding.answersAtOnce(handle);
  OPERATIONS.forEach((method, operation) => {
    const ours = sessions.OPERATIONS[method];
    const assemble = ours?.assemble ?? ASSEMBLE[method] ?? only;
    const call = (first, second) =>
      perform(
        ours?.method ?? method,
        STORES_PROFILE.has(method) ? (count, record) => warnOfDropped(first, only(count, record)) : assemble,
        (crossing, id, atOnce) => binding.submit(crossing, handle, id, operation, first, second, atOnce),
      );
    if (ours) {
      core[method] = call;
    } else if (sharing.includes(operation)) {
      const { ask, depart } = together(
        method,
        assemble,
        (crossing, places, count, keys, settle) => binding.share(crossing, handle, operation, places, count, keys, settle),
        answersAtOnce ? call : undefined,
      );
      adapter[method] = (key) => (typeof key === "string" && key.length <= MAX_SHARED_KEY ? ask(key) : call(key));
      departures.push(depart);
    } else {
      adapter[method] = call;
    }
  });

  let closing;
  const close = () => {
    for (const depart of departures) depart();
    return (closing ??= perform("close", nothing, (crossing, id) => binding.close(crossing, handle, id)));
  };
  const besides = { ...sessions.methods(core), close, ...(Symbol.asyncDispose && { [Symbol.asyncDispose]: close }) };
  for (const name of Reflect.ownKeys(besides)) {
    Object.defineProperty(adapter, name, { value: besides[name], configurable: true, writable: true });
  }
  return adapter;
}

module.exports = { RustAdapter, RustAdapterError };
