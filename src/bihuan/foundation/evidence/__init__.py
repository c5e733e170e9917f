"""Evidence: photographs, documents and drawn signatures that prove something, kept by the hash of their content.

Promises: what is kept is clean (images.py re-encodes every picture to WebP, so that camera data, position and anything
hidden behind the picture are gone; documents.py lets no PDF through that can act; signatures.py refuses an empty
drawing); what is kept is whole (store.py writes beside, flushes, then renames; the same content is kept once); what is
kept is found again or refused with a sentence. The three cleaners know no database; commands.py and queries.py do.
Refusals are in refusals.py.
"""
