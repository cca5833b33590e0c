"""For people: figures, tables, the page. Computes nothing; nothing below imports it."""
