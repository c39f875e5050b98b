"""A training as an estimator of scikit-learn: on tables, and around a Keras-shaped network."""
