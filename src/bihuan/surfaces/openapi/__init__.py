"""The API under ``/api/v1/``: every command as a typed call, every room's lists, tokens, problem+json."""
