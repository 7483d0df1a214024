"""What follows from a tensor: values by direction, averages, waves, textured films, plates, energies."""
