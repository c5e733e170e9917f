"""The archive for an inspection visit (迎检档案): a school's term in the order of the policy's clauses.

Rooms say what they hold and what is missing (``foundation.archives``); this surface sorts it by clause, shows what is
missing with the page where it is put right, and streams the whole as a zip: one piece in memory at a time, no file on disk.
It holds no rows of its own. Who took which archive is stated as a fact.
"""
