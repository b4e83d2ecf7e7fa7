// Passwords: in a table of ours and in the columns that applications have; and the attacks on them.
import { describe } from "node:test"
import { passwordAttacks } from "./password-attacks.js"
import { ordinaryColumn, requiredColumn, severalColumns } from "./password-columns.js"
import { passwordForms } from "./password-forms.js"
import { passwordInput } from "./password-input.js"
import { passwordMethods } from "./password-methods.js"
import { passwordOptions } from "./password-options.js"
import { openPlace, places } from "./password-place.js"
import { passwordSecrecy } from "./password-secrecy.js"

const questions = [passwordMethods, passwordForms, passwordInput, passwordSecrecy, passwordAttacks]

export function passwords(database) {
  for (const [name, column] of Object.entries(places)) {
    describe(`in ${name}`, () => {
      const place = openPlace(database, column)
      for (const asks of questions) asks(place)
    })
  }
  describe("a column that must not be null", () => requiredColumn(database))
  describe("the option columns", () => ordinaryColumn(database))
  describe("several columns", () => severalColumns(database))
  describe("options", () => passwordOptions(database))
}
