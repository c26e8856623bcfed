CREATE TABLE migrated_article (id bigint PRIMARY KEY);
