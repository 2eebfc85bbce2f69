"""Search that knows no model: it is given a `Decoder`, and finds the best sequences of pieces.

A decoder is a body, which has the model's state, and a head, which says from what the body computed which
pieces may come next, and how likely each is (`interface`, `heads`). Constraints forbid some of them
(`constraints`). Nothing is imported here: a configuration that names a head is read without TensorFlow.

Notation: `B` sentences still searched, `K` beams, `N` hypotheses kept, `T` target length, `S` source length,
`V` vocabulary, `C` candidates: the pieces that may come next, all V of them or fewer.

Beam search ranks hypotheses of exactly equal scores so: the one that ended earlier first, at the same time
the one whose beginning ranked higher, and of one beginning the lowest piece. Greedy search takes any of
equally likely pieces (`tf.argmax`). Scores within rounding of each other are another matter: another machine,
or another batch, may rank them the other way.
"""
