--liquibase formatted sql

--changeset newsroom:1
CREATE TABLE changed_article (id bigint PRIMARY KEY);
