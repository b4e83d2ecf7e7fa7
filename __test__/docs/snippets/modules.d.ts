declare module "$env/dynamic/private" {
  export const env: Record<string, string | undefined>
}

declare module "@/lib/prisma" {
  interface User {
    id: string
    email: string
    password: string | null
  }
  export const prisma: {
    user: {
      findUnique(query: { where: { email: string } }): Promise<User | null>
      create(query: { data: Record<string, string> }): Promise<User>
    }
  }
}

declare module "@/lib/passwords" {
  export function hashPassword(password: string): Promise<string>
}

declare module "*/$types" {
  export type LayoutServerLoad = import("@sveltejs/kit").ServerLoad
}
