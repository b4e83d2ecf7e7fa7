ALTER TABLE `session` ADD COLUMN `userAgent` text;
