"""The responsibility net: units, posts, appointments with dates, and from them who may see and do what.

Promises: ``who(place, post, at)`` answers for any moment; an appointment is never edited, only ended and succeeded, so
that a paper signed last year still names the person of that day; open work moves with the post, history stays; a place
or a span without anybody responsible is found and said in words. An import of a roster is all or nothing, and undone
in one act.
"""
