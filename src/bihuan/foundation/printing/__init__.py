"""Printing: official papers as PDF, as editable Word, and QR label sheets.

A room describes what a paper says as a `Paper` (paper.py: frozen dataclasses, no layout, no Django) and calls
`pdf.render_paper(paper)` or `word.render_docx(paper)`; both follow the same structure, so they never disagree. The look
(GB/T 9704 feel: red head, document number, two-character indent, hairline tables whose header returns on each page, seal
place, — 1 —) lives in one file, papers/gongwen.typ. A room that needs a layout of its own puts `<name>.typ` into its own
`papers/` folder, imports gongwen.typ there, and calls `pdf.render_pdf("room/name.typ", data)`.

Promises: the same data give the same bytes on every machine (system fonts are ignored; BIHUAN_FONT_DIRS adds an office's
licensed faces on purpose); text from people is data and never becomes markup; no temporary files, no network.
"""
