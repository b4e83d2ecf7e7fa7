INSERT INTO "userPassword" ("userId", "hash")
  SELECT "userId", min("password") FROM "account"
  WHERE "provider" = 'credential' AND length("password") BETWEEN 1 AND 512
    AND "userId" IN (SELECT "id" FROM "user") AND "userId" NOT IN (SELECT "userId" FROM "userPassword")
  GROUP BY "userId";
