"""The translator itself: data batches, model, search, training, export. Knows no TFX and no gRPC."""
