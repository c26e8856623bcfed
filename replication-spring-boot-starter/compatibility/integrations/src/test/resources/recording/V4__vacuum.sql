VACUUM recorded_note;
