"""The four laws as engines: who is responsible, what is filled in, what is due, what must be put right."""
