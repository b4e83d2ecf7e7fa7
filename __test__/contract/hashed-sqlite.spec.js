import { hashedContract } from "./hashed.js"

hashedContract("sqlite")
