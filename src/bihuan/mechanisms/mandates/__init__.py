"""Mandates (上下联动): what a leading group or a bureau asks of its units, split to people, answered, and judged.

Promises: every addressee is one row from the first moment, so that whoever has not signed or answered is a list and never a
guess; nobody accepts their own answer; what is past its moment says so once; what was asked never changes, only ends.
"""
