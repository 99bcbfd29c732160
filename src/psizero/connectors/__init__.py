"""The world outside: one folder for each thing that is read, called or asked."""
