"""The bundled sample: short articles, texts and a slice of ontology, written for this project.

The figures are rendered at demo time from the test files that pydicom ships (met/sources/sample.py).
"""
