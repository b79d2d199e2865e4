"""EXR files: layouts, header attributes, writing and reading back."""
