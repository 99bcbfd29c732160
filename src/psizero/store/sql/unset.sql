not list_contains($without, name)
