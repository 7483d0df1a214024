"""Claims of the literature: criteria, evidence, verdicts, and how often the criteria are right."""
