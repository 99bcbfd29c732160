select max(recorded_at) from ({parts})
