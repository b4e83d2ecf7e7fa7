// A CommonJS module, for what Node does only once for the first of them.
module.exports = {}
