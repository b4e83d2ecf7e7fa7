import { hashedContract } from "./hashed.js"

hashedContract("postgres")
