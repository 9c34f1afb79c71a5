"""What every resource of the API rests on: keys, problems, metrics, preferences."""
