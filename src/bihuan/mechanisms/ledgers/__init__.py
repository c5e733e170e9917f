"""Ledgers (台账): the books that a school keeps by day, week, month or term, filled like a spreadsheet.

A ledger's columns are a sheet of ``engines.sheets`` (its versions, opinions and dates come from there); how the book is
kept (whose, how often, what is normal, which clock runs, when it locks) is the pack chapter ``ledgers``. Promises: a row
keeps the version that it answered; nothing is deleted but struck out with a reason; a locked page never changes; a day on
which nothing happened is said with one tap; what is written later says so.
"""
