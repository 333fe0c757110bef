"""Thin helpers of the tutorial: one module per step, plus figures, language and widgets."""
