"""Ratings (安全考评): how a post or a department of a school did in a month or a term, told to whoever it is about.

Promises: numbers are counted from what the system already knows and frozen with the rows behind them, and can be counted
again for any day; what a person judges needs a reason; where nothing was due nothing is taken off; each person sees the
own result and the spread of the school, never a list of others; somebody else than the first appraiser decides an appeal;
a changed result is a new version; what is to improve is a case with a person and a day. Weights are the pack's.
"""
