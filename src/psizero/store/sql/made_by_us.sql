list_contains($makers, source)
