"""What lies in time, sound and film: one recording at a time before a person, its regions kept by the store."""
