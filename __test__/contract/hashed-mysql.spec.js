import { hashedContract } from "./hashed.js"

hashedContract("mysql")
