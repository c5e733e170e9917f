"""Plans (预案): the special plans of a school and the plans of its activities, as documents that people know and that are filed.

Promises: a published version never changes; who has to act is named in it, and whoever is named says once that they know
it; filing upward has a number and a receipt or the words why it came back; an activity whose plan is not filed says so
before it begins.
"""
