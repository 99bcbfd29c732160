update house.standing set fence = fence + 1, holder = %(holder)s, live = %(live)s
returning fence
