// What a run of these specs is bounded to, and how its Better Auth differs from the main version. A spec says so before it imports the others.

export const bounds = {
  /** The names of layouts; all without it. */
  layouts: undefined,
  /** `social`, or `apart` where providers of an application's own have endpoints of their own. */
  oauth: "social",
  /** Whether sessions are listed for one that is not fresh. */
  listsStale: false,
}
