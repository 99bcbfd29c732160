"""The door for programs: every verb and every table over HTTP, and who may use which."""
