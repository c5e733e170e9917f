"""Sheets: identity, frozen version, submission.

Promises: a published version is never edited; work begun under a version ends under it; a submission is one row with
its answers as JSON of that version, and only what is not normal becomes rows (findings).
"""
