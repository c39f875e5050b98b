"""A model as a graph of operators: what an ONNX file holds, and a NumPy file, line by line."""
