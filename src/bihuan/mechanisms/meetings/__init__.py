"""Meetings (安全会议): an agenda, who signed in, the minutes, and resolutions that do not end with the meeting.

Promises: only who was invited signs in, and only as themselves; minutes are frozen when the meeting is closed; each
resolution is a case with a person and a day, put right and verified like any other.
"""
