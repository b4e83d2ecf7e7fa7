-- What `prisma contract emit` and `prisma db init` of Prisma 8 (prisma 8.0.0-rc.19, @prisma/orm-postgres 8.0.0-rc.13) make of
-- prisma-8.contract.prisma, as pg_dump tells it.
CREATE SCHEMA prisma_contract;
CREATE TABLE prisma_contract.contract (core_hash text NOT NULL PRIMARY KEY, created_at timestamp with time zone DEFAULT now() NOT NULL, contract_json jsonb NOT NULL);
CREATE TABLE prisma_contract.ledger (id bigserial PRIMARY KEY, created_at timestamp with time zone DEFAULT now() NOT NULL, space text NOT NULL,
  migration_name text NOT NULL, migration_hash text NOT NULL, origin_core_hash text, origin_profile_hash text, destination_core_hash text NOT NULL,
  destination_profile_hash text, operations jsonb NOT NULL);
CREATE TABLE prisma_contract.marker (space text DEFAULT 'app'::text NOT NULL PRIMARY KEY, core_hash text NOT NULL, profile_hash text NOT NULL, contract_json jsonb,
  canonical_version integer, updated_at timestamp with time zone DEFAULT now() NOT NULL, app_tag text, meta jsonb DEFAULT '{}'::jsonb NOT NULL,
  invariants text[] DEFAULT '{}'::text[] NOT NULL);
CREATE TABLE "Account" (access_token text, expires_at integer, id text NOT NULL, id_token text, provider text NOT NULL, "providerAccountId" text NOT NULL,
  refresh_token text, scope text, session_state text, token_type text, type text NOT NULL, "userId" text NOT NULL);
CREATE TABLE "Session" (expires timestamp with time zone NOT NULL, id text NOT NULL, "sessionToken" text NOT NULL, "userId" text NOT NULL);
CREATE TABLE "User" ("createdAt" timestamp with time zone NOT NULL, email text NOT NULL, "emailVerified" timestamp with time zone, id text NOT NULL, image text,
  name text, "updatedAt" timestamp with time zone NOT NULL);
CREATE TABLE "VerificationToken" (expires timestamp with time zone NOT NULL, identifier text NOT NULL, token text NOT NULL);
ALTER TABLE "Account" ADD CONSTRAINT "Account_pkey" PRIMARY KEY (id);
ALTER TABLE "Account" ADD CONSTRAINT "Account_provider_providerAccountId_key" UNIQUE (provider, "providerAccountId");
ALTER TABLE "Session" ADD CONSTRAINT "Session_pkey" PRIMARY KEY (id);
ALTER TABLE "Session" ADD CONSTRAINT "Session_sessionToken_key" UNIQUE ("sessionToken");
ALTER TABLE "User" ADD CONSTRAINT "User_email_key" UNIQUE (email);
ALTER TABLE "User" ADD CONSTRAINT "User_pkey" PRIMARY KEY (id);
ALTER TABLE "VerificationToken" ADD CONSTRAINT "VerificationToken_pkey" PRIMARY KEY (identifier, token);
CREATE INDEX "Account_userId_idx_a489d58a" ON "Account" USING btree ("userId");
CREATE INDEX "Session_userId_idx_a489d58a" ON "Session" USING btree ("userId");
ALTER TABLE "Account" ADD CONSTRAINT "Account_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"(id) ON DELETE CASCADE;
ALTER TABLE "Session" ADD CONSTRAINT "Session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"(id) ON DELETE CASCADE;
