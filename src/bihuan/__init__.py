"""Bihuan (闭环): campus safety, from finding a hazard to proving that it is gone."""
