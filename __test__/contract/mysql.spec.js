import { databases } from "../databases.js"
import { contract } from "./suite.js"

for (const database of databases.filter(({ name }) => name === "mysql")) contract(database)
