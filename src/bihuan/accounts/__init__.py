"""People and their ways in: users, sign-in, API tokens.

A user is a person of the net, with or without a password: 2,500 staff are users, a few hundred ever sign in. What a
person may do and see is not here: it follows from their appointments (``engines.responsibility``).
"""
