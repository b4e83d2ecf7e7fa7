"use client"

import type { ComponentProps } from "react"
import { useFormStatus } from "react-dom"

/** A form's button, which cannot be pressed a second time while the first is under way. */
export function SubmitButton(props: ComponentProps<"button">) {
  const { pending } = useFormStatus()
  return (
    <button type="submit" aria-disabled={pending} {...props} onClick={(event) => pending && event.preventDefault()} />
  )
}
