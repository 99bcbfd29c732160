"""What customers write: intents and phrases as TOML, and the grammar that makes mail of them."""
