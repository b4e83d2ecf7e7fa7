-- As the Kysely adapter's own tests create it.
CREATE TABLE `User` (`id` varchar(36) PRIMARY KEY DEFAULT (UUID()), `name` varchar(255), `email` varchar(255) UNIQUE NOT NULL, `emailVerified` DATETIME(3) DEFAULT NOW(3), `image` varchar(255));
CREATE TABLE `Account` (`userId` varchar(36) NOT NULL, `type` varchar(255) NOT NULL, `provider` varchar(255) NOT NULL, `providerAccountId` varchar(255) NOT NULL, `refresh_token` varchar(255), `access_token` varchar(255), `expires_at` bigint, `token_type` varchar(255), `scope` varchar(255), `id_token` varchar(255), `session_state` varchar(255), CONSTRAINT `Account_userId_fk` FOREIGN KEY (`userId`) REFERENCES `User`(`id`) ON DELETE CASCADE);
CREATE TABLE `Session` (`userId` varchar(36) NOT NULL, `sessionToken` varchar(255) NOT NULL UNIQUE, `expires` DATETIME(3) NOT NULL, CONSTRAINT `Session_userId_fk` FOREIGN KEY (`userId`) REFERENCES `User`(`id`) ON DELETE CASCADE);
CREATE TABLE `VerificationToken` (`identifier` varchar(255) NOT NULL, `token` varchar(255) NOT NULL UNIQUE, `expires` DATETIME(3) NOT NULL);

