"""What -O0 to -O3 run, as pipelines: for each goal, with what deep effort adds, and with passes that change latches."""

from __future__ import annotations

from netc.errors import NetcError

__all__ = ["EFFORTS", "GOALS", "LEVELS", "level_text"]

GOALS = ("area", "depth", "balanced")
EFFORTS = ("normal", "deep")

_O1 = "dce; strash; dce"
_FIRST = "balance; resub{leaves=6,gates=1}; rewrite"
_AGAIN = (
    "resub{leaves=6}; refactor; balance; resub; rewrite{zero=true}; resub{leaves=10}; refactor{zero=true}; "
    "rewrite{zero=true}; resub{leaves=10}; balance; rewrite; redundancy{work=2000000}; resub; rewrite"
)
# The second time in other pieces, so that what lay at a border once does not lie there again.
_LOCAL = (
    f"partition{{nodes=100000}}({_FIRST}); limit{{work=4000000}}(sweep{{conflicts=30}}); dce; "
    f"partition{{nodes=150000}}({_AGAIN}); dce"
)
# -O2 looks beyond windows too, but only at signals nearby, which order has put together: once before the graph is
# balanced, which may take apart what belongs together, and once more on what the local passes have left.
_NEARBY = "transduction{{window=50,signals=2000,tries=4,work={}}}"
_SOON = (
    "resub{leaves=6}; refactor; balance; resub; rewrite{zero=true}; resub{leaves=10}; refactor{zero=true}; "
    f"rewrite{{zero=true}}; balance; rewrite; {_NEARBY.format(1_500_000)}; resub; rewrite{{zero=true}}; "
    "refactor{zero=true}; resub{leaves=10}; rewrite"
)
_O2 = (
    f"dce; strash; order; partition{{nodes=100000}}({_NEARBY.format(1_000_000)}; {_FIRST}); "
    f"sweep{{conflicts=30}}; dce; partition{{nodes=150000}}({_SOON}); dce"
)
# What no window shows: first on the graph as it was written, where its regions are still whole, then once more on what
# the local passes leave of it. It goes on for as long as it finds much.
_WHOLE = (
    "redundancy{rounds=3,work=4000000,reward=3000}; dce; transduction{rounds=1,tries=3,work=4000000,reward=5000}; "
    "redundancy{rounds=2,work=1000000,reward=3000}; dce"
)
# Outputs of few inputs, derived anew from their functions; where that is quickly done, more than once.
_BY_SEED = (
    "rewrite; limit{{work=8000000}}(collapse{{orders=4,rounds=10,seed={0}}}; "
    "walk{{leaves=16,rounds=200,patience=60,seed={0}}}); rewrite{{zero=true}}; resub; dce"
)
_ANEW = (
    f"{_BY_SEED.format(1)} | "
    f"small{{nodes=1000}}(limit{{work=16000000}}(best({' | '.join(map(_BY_SEED.format, (2, 3, 4)))})))"
)
# Pairs of signals, before anything is moved: a structure that is redundant as a whole hides behind others that are not.
_PAIRS = (
    "resub; rewrite; transduction{pairs=true,window=200,tries=4,rounds=2,work=10000000,reward=5000}; "
    "rewrite{cuts=24,zero=true}; refactor; resub; dce"
)
# What sees more than -O2's windows do, for graphs of any size: what it takes apart, local passes make use of. Where
# much is redundant, other signals in a node's place and other structures by turns go further than either does.
_TIDY = "resub; refactor; rewrite{zero=true}; resub; dce"
_RESHAPED = f"relut{{rounds=1,grow=30,choices=false,dontcares=false}}; {_TIDY}"
_WIDER = (
    "walk{leaves=10,rounds=4}; resub; refactor; rewrite{zero=true}; resub; "
    "limit{work=24000000}(redundancy{rounds=2,conflicts=1000,work=4000000,reward=8000}); dce; "
    "resub; refactor; rewrite{zero=true}; resub{leaves=10}; walk{leaves=10,rounds=4}; resub; dce; "
    "repeat{n=12,gain=4}(transduction{window=50,conflicts=1000,tries=3,rounds=1,work=3000000,reward=8000}; "
    f"{_TIDY}; {_RESHAPED})"
)
_GLOBAL = (
    "limit{work=12000000}(walk); "
    "transduction{pairs=true,window=200,tries=4,rounds=2,work=2500000,reward=5000}; rewrite{cuts=24,zero=true}; "
    "refactor; resub; dce; "
    "transduction{pairs=true,wander=true,window=300,tries=3,rounds=200,work=2500000}; rewrite{cuts=24}; resub; "
    "limit{work=12000000}(walk); limit{work=2000000}(collapse); rewrite; dce"
)
# Other structures altogether, and what they allow, for as long as there is work left. What is redundant in one
# structure is not in another, so that where much is redundant the two by turns go furthest.
_OTHER = f"{_RESHAPED}; walk{{leaves=10,rounds=2}}; resub; dce"
_BY_TURNS = f"{_OTHER}; redundancy{{rounds=1,work=2000000,reward=8000}}; {_TIDY}; {_OTHER}"
_TURNS = (
    f"{_BY_TURNS} | "
    "relut{rounds=1,dontcares=false,grow=5}; resub; refactor; rewrite{zero=true}; resub; walk; "
    "resub; dce | limit{work=8000000}(relut{rounds=3,grow=5}; resub; "
    "transduction{pairs=true,wander=true,window=300,tries=3,rounds=20,work=3000000}; rewrite{zero=true}; resub; dce) | "
    f"mfs{{grow=30,work=3000000}}; {_TIDY}"
)
# Small graphs get out of local optima through graphs that are a little larger, and then end at about the same size
# however they were written.
_OTHERWISE = (
    f"small{{nodes=200}}(limit{{work=30000000}}(climb{{n=10000,stale=800,slack=2}}({_TURNS}))); "
    f"climb{{n=1000,stale=100,slack=2}}({_TURNS})"
)
_SELECT = "relut{rounds=1,choices=false,dontcares=false,diagrams=true}"
# Starts from what -O2 makes, and on small graphs from others. All together takes less than a minute. The same circuit
# written in another way ends as the same.
_STARTS = f"{_O2} | small{{nodes=15000}}({_O1}; {_SELECT}; best({_WHOLE}; {_LOCAL} | {_PAIRS} | {_ANEW}))"
_O3 = (
    f"canonical{{nodes=100000}}(limit{{work=100000000}}("
    f"best({_STARTS}); {_WIDER}; small{{nodes=15000}}({_GLOBAL}); {_OTHERWISE}))"
)

# What -O0 … -O3 run. All combinational; ports are kept.
LEVELS = ("", _O1, _O2, _O3)

# What --sequential adds: before a level, and after it, where other gates let other latches be seen to agree.
_CORRESPOND = "scorr; scorr{steps=2}"
_FURTHER = f"{_CORRESPOND}; scorr{{steps=4,work=20000000}}"
_REDUCE_FIRST = ("latches", "latches", f"latches; {_CORRESPOND}", f"latches; {_FURTHER}")
_REDUCE_AGAIN = ("", "", f"{_CORRESPOND}; {_O1}", f"{_FURTHER}; {_LOCAL}")

# What a goal other than area adds to -O2 and -O3, and what deep effort adds to that.
_NO_DEEPER = (
    "resub{keep_depth=true}; refactor{keep_depth=true}; resub{leaves=10,keep_depth=true}; "
    "refactor{zero=true,keep_depth=true}; resub{keep_depth=true}"
)
_SHORT = (
    f"balance{{xors=true}}; repeat{{n=8}}(shorten; rewrite; shorten); {_NO_DEEPER}; "
    f"repeat{{n=4}}(balance{{xors=true}}; shorten; {_NO_DEEPER})"
)
_SHORTER = {"area": "", "balanced": f"; best(dce | {_SHORT})", "depth": f"; {_SHORT}"}
_SMALLER = (
    f"{_BY_TURNS} | "
    "transduction{pairs=true,wander=true,window=1000,tries=3,rounds=50,work=20000000}; "
    "rewrite{zero=true}; resub; dce | "
    "limit{work=12000000}(walk); refactor{zero=true}; resub{leaves=12,gates=3}; rewrite{cuts=24,zero=true}; dce | "
    "relut{grow=30}; rewrite{inputs=5,zero=true}; resub; refactor{zero=true}; rewrite{inputs=5}; resub{leaves=10}; dce"
)
_DEEP = {
    "area": f"; climb{{n=1000000,stale=100}}({_SMALLER})",
    "balanced": f"; climb{{n=1000000,stale=100}}({_SMALLER} | {_SHORT})",
    "depth": f"; climb{{n=1000000,stale=100}}({_SHORT} | rewrite{{zero=true}}; resub; {_SHORT})",
}


def level_text(level: int, goal: str = "area", effort: str = "normal", sequential: bool = False) -> str:
    """The pipeline of -O0 … -O3 for a goal; with effort "deep" it goes on for as long as that gains.

    `sequential` adds passes that change latches.
    """
    if not 0 <= level < len(LEVELS):
        raise NetcError(f"-O{level}", f"levels go from 0 to {len(LEVELS) - 1}")
    if goal not in GOALS:
        raise NetcError("--goal", f"{goal!r}; it is {', '.join(map(repr, GOALS))}")
    if effort not in EFFORTS:
        raise NetcError("--effort", f"{effort!r}; it is {', '.join(map(repr, EFFORTS))}")
    text = LEVELS[level]
    if sequential:
        text = "; ".join(filter(None, (_REDUCE_FIRST[level], text, _REDUCE_AGAIN[level])))
    if level >= 2:
        text += _SHORTER[goal]
        if effort == "deep":
            text += _DEEP[goal]
    return text
