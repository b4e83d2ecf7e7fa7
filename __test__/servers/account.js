// The one account of every throwaway server. Its password needs escaping in a URL, as real ones do.
export const user = "tester"
export const password = "p@ss:w/rd?1"

export function serverUrl(protocol, port, { host = "127.0.0.1", database = "" } = {}) {
  return `${protocol}://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`
}
