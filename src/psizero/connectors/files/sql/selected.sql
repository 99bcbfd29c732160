create view selected_{number} as
{select}
