CREATE TABLE IF NOT EXISTS `userPassword` (
  `userId` varchar(255) NOT NULL PRIMARY KEY,
  `hash` varchar(512) NOT NULL,
  CONSTRAINT `userPassword_userId_user_fk` FOREIGN KEY (`userId`) REFERENCES `user` (`id`) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {exact};
