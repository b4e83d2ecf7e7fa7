/** Markup that is safe to put into a page as it is. */
class Markup {
  constructor(text) {
    this.text = text
  }
}

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

function markup(value) {
  if (value instanceof Markup) return value.text
  if (Array.isArray(value)) return value.map(markup).join("")
  if (value === null || value === undefined || value === false) return ""
  return String(value).replace(/[&<>"']/g, (character) => entities[character])
}

/** Template tag: everything put into the template is escaped, unless it came from `html` itself. */
export function html(strings, ...values) {
  return new Markup(String.raw({ raw: strings }, ...values.map(markup)))
}

/** A whole page. */
export function page({ title, nav, main, script }) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/style.css">
    <script type="module" src="/time.js"></script>
    ${script && html`<script type="module" src="${script}"></script>`}
  </head>
  <body>
    ${nav}
    <main>${main}</main>
  </body>
</html>
`.text
}
