"""The translation service: texts in, texts out, over HTTP and gRPC, in front of one or many model servers.
Imports no TensorFlow.

`core` knows no HTTP: what is translated by which model, limits, what is counted. `web` is what all HTTP
interfaces share, `interfaces` holds one file an interface, `grpc` what is asked without HTTP's paths,
`database` what outlives the process. `app` puts them together, `main` runs that.
"""
