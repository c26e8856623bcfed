CREATE OR REPLACE VIEW recorded_notes AS SELECT id, text FROM recorded_note;
