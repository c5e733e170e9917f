"""Cases: what must be put right and proven.

Promises: one command moves a case and nothing else writes its state; no closing without evidence and a second person,
not by page, API, bulk or an administrator; rectifier ≠ verifier ≠ approver of a major hazard; the next moment at which
something can happen is a column, and the ladder climbs by a set-based sweep that any number of workers may run.
"""
