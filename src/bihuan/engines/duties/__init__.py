"""What is due when: the school calendar, duties as rules, and tasks generated ahead in sets.

Promises: a task is generated once however often it is asked for; a done task keeps its person and its time; what cannot
be done is excused with a reason and a name; nothing here knows what a patrol, a drill or a ledger is."""
