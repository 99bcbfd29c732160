insert or replace into kept_definition values ($name, $definition)
