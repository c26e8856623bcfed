ALTER TABLE recorded_note ADD COLUMN size int;
UPDATE recorded_note SET size = length(text);
CREATE FUNCTION recorded_size(int) RETURNS int LANGUAGE sql AS 'SELECT size FROM recorded_note WHERE id = $1';
