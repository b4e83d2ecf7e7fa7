// Every character that a text can hold: all Unicode code points but the surrogates, which are none by themselves, and NUL, which
// PostgreSQL refuses in every text.

/** Texts of `length` code points each (the last is shorter), which together hold every one of them, once. */
export function everyCodePoint(length) {
  const texts = []
  let points = []
  const finish = () => {
    if (points.length) texts.push(String.fromCodePoint(...points))
    points = []
  }
  for (let point = 1; point <= 0x10ffff; point++) {
    if (point === 0xd800) point = 0xe000
    points.push(point)
    if (points.length === length) finish()
  }
  finish()
  return texts
}

/** Performs `work` for each of `items`, so many at a time. */
export async function eachOf(items, atOnce, work) {
  const left = items.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) await work(item)
    }),
  )
}

const MARK = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g
/** What a statement says once for each caller that shares it: a value, a term about a row, a case of a row. */
const ONCE_EACH = [
  /(\?|CAST\(\? AS BINARY\))(?:, \1)+/g,
  /(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))(?: OR \1)+/g,
  /( WHEN CAST\(\? AS BINARY\) THEN (?:(?! WHEN | ELSE ).)+)\1+/g,
]

/** The text of a statement without what may differ for the same form: for how many callers it has room, and our marks, which are UUIDs. */
export const formOf = (text) => ONCE_EACH.reduce((form, once) => form.replace(once, "$1 …"), text.replace(MARK, "…"))
