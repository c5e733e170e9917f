"""Training: drills that are planned, run from a phone, timed class by class, and end in what has to be put right.

What is taught every day, week and month (1530, the monthly themes) is duties with sheets and needs no code; a drill needs
a clock, a list of who is out, and an end. Promises: nobody is counted as safe who was not counted; a finding becomes a
hazard or a revision of the plan, never a note that nobody reads; one drill does every duty that it satisfies, once.
"""
