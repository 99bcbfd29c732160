select min(recorded_at) from event.house_founded
