"""Acting: think, gate, commit, perform, measure. Knows no automation and no connector by name."""
