"""What every page shares: the shell, the tags, sending a form as an envelope, saying a refusal, keyset paging."""
