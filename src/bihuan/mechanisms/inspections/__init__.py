"""Inspections: somebody goes and looks, item by item, and what is wrong becomes a hazard at once.

Promises: an inspection keeps the checklist version it began with; several inspectors share one; nothing answered is
lost; an unannounced one is invisible to the school until it arrives; the school signs on the screen.
"""
