"""The batch twin of ``patrols.submit_round``: many rounds of one bureau with statements for sets (docs/speed.md, W1p).

What it needs of ``commands.submit_round``, so that both leave the same rows: reading (by ids of all rounds at once),
deciding (pure: one function from a checked envelope and what was read to the row, the task's end, the points walked and
the facts) and writing stand apart; the command is "read one, decide, write one", this is "read many, decide each, write
many".
"""
