"""Text as all rooms meet it: files, and what is in them. Knows no other room, no TFX and no TensorFlow."""
