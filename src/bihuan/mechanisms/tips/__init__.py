"""Tips (扫码反映): anybody before a wall code says what is wrong, without signing in; the school answers within its time.

Promises: the teller is asked for nothing about themselves and no address is kept longer than the limits need; a slip of
twelve characters shows what became of it and nothing else; the school's desk takes it up, makes it a hazard through the
command of ``engines.cases``, or answers in words; what stays unanswered is seen by the bureau.
"""
