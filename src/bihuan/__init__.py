"""Bihuan (闭环): campus safety that makes a written policy run."""
