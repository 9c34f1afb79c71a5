"""What every resource of the API rests on: keys, problems, preferences, metrics, health, models."""
