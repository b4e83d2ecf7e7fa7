CREATE TABLE IF NOT EXISTS "user" (
  "id" text NOT NULL PRIMARY KEY,
  "name" text,
  "email" text,
  "emailVerified" timestamptz(3),
  "image" text,
  CONSTRAINT "user_email_unique" UNIQUE ("email")
);

CREATE TABLE IF NOT EXISTS "account" (
  "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
  "type" text NOT NULL,
  "provider" text NOT NULL,
  "providerAccountId" text NOT NULL,
  "refresh_token" text,
  "access_token" text,
  "expires_at" bigint,
  "token_type" text,
  "scope" text,
  "id_token" text,
  "session_state" text,
  PRIMARY KEY ("provider", "providerAccountId")
);
CREATE INDEX IF NOT EXISTS "account_userId_index" ON "account" ("userId");

CREATE TABLE IF NOT EXISTS "session" (
  "sessionToken" text NOT NULL PRIMARY KEY,
  "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
  "expires" timestamptz(3) NOT NULL
);
CREATE INDEX IF NOT EXISTS "session_userId_index" ON "session" ("userId");
CREATE INDEX IF NOT EXISTS "session_expires_index" ON "session" ("expires");

CREATE TABLE IF NOT EXISTS "verificationToken" (
  "identifier" text NOT NULL,
  "token" text NOT NULL,
  "expires" timestamptz(3) NOT NULL,
  PRIMARY KEY ("identifier", "token")
);
CREATE INDEX IF NOT EXISTS "verificationToken_expires_index" ON "verificationToken" ("expires");

CREATE TABLE IF NOT EXISTS "authenticator" (
  "credentialID" text NOT NULL PRIMARY KEY,
  "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
  "providerAccountId" text NOT NULL,
  "credentialPublicKey" text NOT NULL,
  "counter" bigint NOT NULL,
  "credentialDeviceType" text NOT NULL,
  "credentialBackedUp" boolean NOT NULL,
  "transports" text
);
CREATE INDEX IF NOT EXISTS "authenticator_userId_index" ON "authenticator" ("userId");
