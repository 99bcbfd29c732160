select max(number) from migration
