select name, definition from kept_definition
