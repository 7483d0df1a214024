"""Which way a descriptor works: sign and shape of effects, accumulated local effects, counterfactuals."""
