CREATE TABLE recorded_note (id int PRIMARY KEY, text text);
INSERT INTO recorded_note VALUES (1, 'one'), (2, 'two');
