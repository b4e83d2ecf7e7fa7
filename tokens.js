"use strict"

module.exports = require("./lib/tokens/account-tokens.js")
