"""A label from start to record: stages, acceptance, campaigns over many crystals, files of records."""
