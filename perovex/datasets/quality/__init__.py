"""How good the data are: outliers and duplicates, labels beside references, trends, mirror images."""
