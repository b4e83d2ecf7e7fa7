CREATE TABLE IF NOT EXISTS `user` (
  `id` varchar(255) NOT NULL PRIMARY KEY,
  `name` mediumtext,
  `email` varchar(320),
  `emailVerified` datetime(3),
  `image` mediumtext,
  UNIQUE KEY `user_email_unique` (`email`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {exact};

CREATE TABLE IF NOT EXISTS `account` (
  `userId` varchar(255) NOT NULL,
  `type` varchar(255) NOT NULL,
  `provider` varchar(100) NOT NULL,
  `providerAccountId` varchar(1400) NOT NULL,
  `refresh_token` mediumtext,
  `access_token` mediumtext,
  `expires_at` bigint,
  `token_type` mediumtext,
  `scope` mediumtext,
  `id_token` mediumtext,
  `session_state` mediumtext,
  PRIMARY KEY (`provider`, `providerAccountId`(660)),
  KEY `account_userId_index` (`userId`),
  CONSTRAINT `account_userId_user_fk` FOREIGN KEY (`userId`) REFERENCES `user` (`id`) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {exact};

CREATE TABLE IF NOT EXISTS `session` (
  `sessionToken` varchar(512) NOT NULL PRIMARY KEY,
  `userId` varchar(255) NOT NULL,
  `expires` datetime(3) NOT NULL,
  KEY `session_userId_index` (`userId`),
  KEY `session_expires_index` (`expires`),
  CONSTRAINT `session_userId_user_fk` FOREIGN KEY (`userId`) REFERENCES `user` (`id`) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {exact};

CREATE TABLE IF NOT EXISTS `verificationToken` (
  `identifier` varchar(400) NOT NULL,
  `token` varchar(300) NOT NULL,
  `expires` datetime(3) NOT NULL,
  PRIMARY KEY (`identifier`, `token`),
  KEY `verificationToken_expires_index` (`expires`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {exact};

CREATE TABLE IF NOT EXISTS `authenticator` (
  `credentialID` varchar(1400) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  `userId` varchar(255) NOT NULL,
  `providerAccountId` varchar(1400) NOT NULL,
  `credentialPublicKey` mediumtext NOT NULL,
  `counter` bigint NOT NULL,
  `credentialDeviceType` varchar(255) NOT NULL,
  `credentialBackedUp` boolean NOT NULL,
  `transports` mediumtext,
  KEY `authenticator_userId_index` (`userId`),
  CONSTRAINT `authenticator_userId_user_fk` FOREIGN KEY (`userId`) REFERENCES `user` (`id`) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {exact};
