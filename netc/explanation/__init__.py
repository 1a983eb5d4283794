"""Reading a circuit: its outputs as short rules, each statement checked.

The page of a classifier is a ballot: classes, and the rules that vote for them. For each root: its cone (`cone`), its
truth table (`table`), the patterns that can occur (`signals`), a short formula (`minimise`, `formula`, for wide cones
`structure`), facts (`facts`, `threshold`); `rules` and `ballot` merge what is equal, `checks` tries to refute all of
it, `page` and `data` print it.
"""
