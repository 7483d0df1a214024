"""Relaxing atoms and cell: quasi-Newton steps, bent steps, the model Hessian that preconditions them."""
