"""A real Chromium opens the pages and a real JupyterLab, as a person would."""
