"""What a study writes: results, summary, and the HTML report."""
