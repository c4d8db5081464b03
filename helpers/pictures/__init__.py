"""Pictures for cells: what `show`, `page` and `show_source` display, each with a text twin."""
