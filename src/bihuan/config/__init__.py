"""Settings, URLs, server entry, command line and the timetable of periodic jobs."""
