"""Whether a model of one kind of crystals serves another: the experiment, its scores, adaptation, shifts."""
