"""The parts that networks are put together from, in `keras.ops` alone.

A `Part` reads vectors and writes vectors of the same width, for all positions at once or for one after
another; a `Block` is a list of them, each in its `Residual`; `EncoderDecoder` is two stacks of blocks between
embeddings and an output layer. Another self-attention, position or recurrence is another part.

Recurrent networks have parts of their own, since what they look up enters the state: `cells` and `recurrence`
over `scan`, `state_attention` with `scores` and `window`, `sequence_dropout`.

Notation: `B` batch, `S` source length, `T` target length, `N` hypotheses, `D` model width, `H` heads,
`V` vocabulary. Projections that read the same input are one matrix product: queries, keys and values of
self-attention are one kernel [D, 3D], keys and values of cross-attention one kernel [D, 2D].

In mixed precision `Linear` alone casts what it reads: `autocast=False` everywhere else keeps norms, the
softmax and the residual stream in float32.

A weight is known by its path, which the names of the layers around it make, and by its place: the order in
which a layer is given its parts. Both are in every translator that was stored.
"""
