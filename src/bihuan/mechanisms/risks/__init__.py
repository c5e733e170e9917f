"""Risk points: inherent risks in four colours, each with its place, its people, its measures and its wall code.

Promises: a colour is never alone (colour + word + shape); a risk is not a hazard, closing a hazard never deletes a
point; the page behind a wall code shows a stranger the notice card only.
"""
