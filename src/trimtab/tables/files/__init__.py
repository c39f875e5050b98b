"""Reading tables from files and data frames without silent corruption, and writing them."""
