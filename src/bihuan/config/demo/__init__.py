"""The demo: a living district whose history was made by running the real commands with a moving clock.

Everything in it (names, numbers, photos) is made up. Ids and choices follow from a fixed seed, and every act is sent as
an envelope with an id of its own: a demo that was killed half-way goes on where it stopped and doubles nothing.
"""
