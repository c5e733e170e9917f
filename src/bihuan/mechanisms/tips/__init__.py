"""What anybody may tell from a wall code without signing in, and how the teller learns what became of it.

Promises: no account, no tracking, no other person's data; the same answer for a slip that is not there and one that is
not yours."""
