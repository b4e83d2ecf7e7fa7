CREATE TABLE IF NOT EXISTS "userPassword" (
  "userId" text NOT NULL PRIMARY KEY REFERENCES "user" ("id") ON DELETE CASCADE,
  "hash" text NOT NULL
);
