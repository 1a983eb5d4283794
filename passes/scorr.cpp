// Signal correspondence as a reduction: whatever equals an earlier node in every reachable state becomes that node.
#include "netc/core/reduction.hpp"

extern "C" {
#include "passes/scorr.h"
}

using namespace netc;

namespace {

// A budget of its own for a part of the run. When only that is over, the run goes on.
class Share {
public:
    Share(netc_context *context, int64_t work) : context_(context), budget_(context->budget) {
        if (work < budget_ - context_->work) context_->budget = context_->work + work;
    }
    ~Share() {
        if (context_->budget < budget_ && context_->stopped_at >= context_->budget) context_->stopped_at = -1;
        context_->budget = budget_;
    }

private:
    netc_context *context_;
    int64_t budget_;
};

}  // namespace

extern "C" int64_t netc_pass_scorr(const netc_machine *machine, netc_context *context, int64_t steps, int64_t conflicts,
                                   int64_t rounds, int64_t work, int64_t seed, netc_step *step, uint32_t *kept) {
    return guard([&]() -> int64_t {
        Reducer reducer(*machine, context);
        CorrespondenceOptions options;
        options.steps = steps;
        options.conflicts = conflicts;
        options.seed = static_cast<uint64_t>(seed);
        for (int64_t round = 0; round < rounds && !stop(context, 1); round++) {
            MachineView view = reducer.view();
            Array<Lit> target(view.aig.num_nodes());
            {
                Share share(context, work);
                Correspondence correspondence(view, options, context);
                if (!correspondence.run()) break;
                for (Node node = 0; node < view.aig.num_nodes(); node++)
                    target[node] = correspondence.representative(node);
            }
            uint32_t latches = reducer.latches();
            size_t ands = reducer.num_ands();
            reducer.replace(target);
            if (reducer.latches() == latches && reducer.num_ands() == ands) break;
        }
        return reducer.finish(step, kept);
    });
}
