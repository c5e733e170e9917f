"""The pure decisions of the net: the tree, who may be appointed where, spans of time, and reading a roster."""
