(from "{table}" semi join wanted using ({keys}))
