"""A laboratory and a person made of equations, behind the devices' own protocols."""
