"""Pledges (责任书), plates (包干牌), badges (工作证) and record checks (从业查询): what every person of a school signs and shows.

Promises: a letter is made from the duty list of the post as it stood and never changes; only its own person signs it; a
change of post asks for a new one and leaves the old one readable; whoever has not signed, and whose record check is due,
is a list and never a guess. Outsourced staff are people like all others here.
"""
