// The contract holds through PgBouncer 1.24, which maps the names of prepared statements.
import { contractBehind } from "./pooled-contract.js"

await contractBehind("PgBouncer 1.24", { maps: true })
