"""Interatomic potentials by name, and SevenNet evaluated in batches."""
