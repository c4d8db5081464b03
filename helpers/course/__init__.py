"""The course on the learner's machine: its installation, JupyterLab, the learner's copy, updates.

`install`, `lab`, `update` and `reset` are programs: `python -m helpers.course.NAME`. The learner's
copy is `learner`; `merge` brings its work into a new edition, `swap` writes files safely.
"""
