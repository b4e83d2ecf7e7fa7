"use strict"

module.exports = require("./lib/credentials/index.js")
