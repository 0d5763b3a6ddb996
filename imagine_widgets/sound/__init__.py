"""Sound before a person: its spectrogram, what she hears, and the boxes of time and frequency that she labels."""
