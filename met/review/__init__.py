"""Review: samples to judge, what the judgements say of the filter, and what a build makes of them."""
