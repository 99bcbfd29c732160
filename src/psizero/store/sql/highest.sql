select max(position) from ({parts})
