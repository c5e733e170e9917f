"""The ground floor: nothing here knows what a school is.

Promises:
- one command is one transaction, one recorded fact, and at most once per client UUID (``commands``, ``events``);
- what a fact sets in motion is queued in the same transaction and done at least once (``reactions``, ``jobs``);
- history is append-only and sealed, and a break names its first row (``sealing``);
- nobody sees a row without a hold that covers it (``scoping``, ``actors``);
- every refusal has a code, a status and a Chinese sentence (``refusals``).
"""
