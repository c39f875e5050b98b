"""ONNX files: a graph written as one, and run in onnxruntime."""
