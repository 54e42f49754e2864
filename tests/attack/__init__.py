"""The attack: everything that may go wrong around the model, tried many times over."""
