CREATE TABLE IF NOT EXISTS scripted_article (id bigint PRIMARY KEY);
