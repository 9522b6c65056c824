"""The napari plugin: look at cells, correct them, measure them, teach a model.

What needs no window lies in plain modules (`opening`, `edited_map`, `unsure_borders`, `measured_map`,
`teaching`); the panels only connect them with buttons.  Needs the extra ``napari``.
"""
