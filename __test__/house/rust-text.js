// Rust's text, as far as imports go: what is code in it, which modules it declares, which paths it names.

/**
 * `text` with blanks in place of comments and of what strings hold, so that offsets and lines stay. A lifetime is no
 * character.
 */
export function codeOf(text) {
  const patterns = [
    /\/\/[^\n]*/y,
    /b?c?r(#*)"[^]*?"\1/y,
    /[bc]?"(?:\\[^]|[^"\\])*"/y,
    /b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\])'/y,
  ]
  let code = ""
  while (code.length < text.length) {
    const at = code.length
    let end = at + 1
    // A name may end in what would begin a string: `attr"` does not occur, but `r` ends many names.
    const within = /\w/.test(text[at - 1] ?? "")
    if (text.startsWith("/*", at)) end = endOfComment(text, at)
    else {
      for (const pattern of patterns) {
        pattern.lastIndex = at
        const found = !(within && /\w/.test(text[at])) && pattern.exec(text)
        if (found) {
          end = at + found[0].length
          break
        }
      }
      if (end === at + 1) {
        code += text[at]
        continue
      }
    }
    code += text.slice(at, end).replace(/[^\n]/g, " ")
  }
  return code
}

/** Rust's block comments nest. */
function endOfComment(text, begin) {
  let depth = 0
  for (let at = begin; at < text.length; at++) {
    if (text.startsWith("/*", at)) depth++, at++
    else if (text.startsWith("*/", at)) {
      at++
      if (--depth === 0) return at + 1
    }
  }
  return text.length
}

const blank = (code, begin, end) =>
  code.slice(0, begin) + code.slice(begin, end).replace(/[^\n]/g, " ") + code.slice(end)

/** Where the item that begins at `at` ends: after its `;`, or after its block. */
function endOfItem(code, at) {
  let depth = 0
  for (; at < code.length; at++) {
    if ("([{".includes(code[at])) depth++
    else if (")]}".includes(code[at])) {
      depth--
      if (depth === 0 && code[at] === "}") return at + 1
    } else if (code[at] === ";" && depth === 0) return at + 1
  }
  return code.length
}

/** `code` without the items that are only there in tests, and the names of the modules among them that have a file. */
export function withoutTests(code) {
  const modules = []
  const attribute = /#\s*\[\s*cfg\s*\(\s*(?:test|all\s*\(\s*test\b[^\]]*)\s*\)\s*\]/g
  for (let found; (found = attribute.exec(code)); ) {
    const end = endOfItem(code, found.index + found[0].length)
    const declared = /\bmod\s+(?:r#)?(\w+)\s*;$/.exec(code.slice(found.index, end))
    if (declared) modules.push(declared[1])
    code = blank(code, found.index, end)
  }
  return { code, modules }
}

/** The modules that `code` declares: `{ name, at, end, begin }`, where those with a block have `begin`, its first offset. */
export function declaredModules(code) {
  const found = []
  for (const { 0: text, 1: name, index } of code.matchAll(/\bmod\s+(?:r#)?(\w+)\s*([;{])/g)) {
    const inline = text.endsWith("{")
    found.push({
      name,
      at: index,
      begin: inline ? index + text.length : undefined,
      end: inline ? endOfItem(code, index) : index + text.length,
    })
  }
  return found
}

/** Every path that `code` names, with its offset: those of `use`, with their nests taken apart, and those in code. */
export function pathsIn(code) {
  const paths = []
  // Who may see an item says nothing of what it uses.
  code = code.replace(/\bpub\s*\(\s*(?:crate|super|self|in\s[^)]*)\s*\)/g, (text) => text.replace(/[^\n]/g, " "))
  for (const { 0: text, index } of code.matchAll(/\buse\s+(?=[\w{:*$])[^;]*;/g)) {
    const tree = text
      .replace(/^use\s+|;$/g, "")
      .replace(/\s+as\s+\w+/g, "")
      .replace(/\s+/g, "")
      .replaceAll("r#", "")
    for (const segments of leaves(tree)) paths.push({ at: index, segments, isUse: true })
    code = blank(code, index, index + text.length)
  }
  for (const { 0: text, index } of code.matchAll(
    /(?<![\w$]|::\s*)\$?(?:r#)?[A-Za-z_]\w*(?:\s*::\s*(?:r#)?[A-Za-z_]\w*)+/g,
  )) {
    paths.push({ at: index, segments: text.replace(/\s+|r#|^\$/g, "").split("::"), isUse: false })
  }
  return paths
}

/** The paths of a use tree: `a::{b, c::{self, d}}` has `a::b`, `a::c` and `a::c::d`. */
function leaves(tree) {
  const open = tree.indexOf("{")
  if (open < 0) {
    const segments = tree.replace(/^\$/, "").split("::")
    return [["self", "*"].includes(segments.at(-1)) && segments.length > 1 ? segments.slice(0, -1) : segments]
  }
  const prefix = tree.slice(0, open).split("::").slice(0, -1)
  const parts = []
  let [depth, begin] = [0, open + 1]
  for (let at = open; at < tree.length; at++) {
    if (tree[at] === "{") depth++
    if (tree[at] === "}") depth--
    if ((tree[at] === "," && depth === 1) || depth === 0) {
      parts.push(tree.slice(begin, at))
      begin = at + 1
    }
    if (depth === 0) break
  }
  return parts
    .filter(Boolean)
    .flatMap((part) => (part === "self" || part === "*" ? [prefix] : leaves(part).map((leaf) => [...prefix, ...leaf])))
}
