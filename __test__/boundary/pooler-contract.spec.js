// The contract holds through PgBouncer 1.18, which does not look after prepared statements.
import { contractBehind } from "./pooled-contract.js"

await contractBehind("PgBouncer", {})
