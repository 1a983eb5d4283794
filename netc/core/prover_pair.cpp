#include "netc/core/prover_pair.hpp"

#include <system_error>

namespace netc {
namespace {

constexpr size_t kWorthWaking = 4;  // questions, below which the other thread sleeps on

}  // namespace

ProverPair::ProverPair(const Builder &graph, uint64_t seed, netc_context *context, const Xors *xors)
    : context_(context), members_{{graph, seed, xors}, {graph, mix(seed), xors}} {}

ProverPair::~ProverPair() {
    if (!thread_.joinable()) return;
    {
        std::lock_guard<std::mutex> lock(mutex_);
        quit_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

ProverCounts ProverPair::counts() const {
    const ProverCounts &a = members_[0].prover.counts(), &b = members_[1].prover.counts();
    return {a.by_window + b.by_window, a.by_sat + b.by_sat, a.by_parity + b.by_parity};
}

// Every second question. Throws nothing: it may be a thread.
void ProverPair::work(size_t index) {
    Member &member = members_[index];
    member.context.work = 0;
    member.gave_up = false;
    const int64_t budget = context_->budget - context_->work;
    try {
        for (size_t i = index; i < questions_->size() && !member.gave_up; i += 2) {
            Question &question = (*questions_)[i];
            question.verdict = member.prover.prove(question.a, question.b, conflicts_);
            if (question.verdict == Verdict::different)
                question.pattern.assign(member.prover.pattern().begin(), member.prover.pattern().end());
            member.gave_up =
                member.context.work >= budget || __atomic_load_n(&context_->cancel, __ATOMIC_RELAXED) != 0;
        }
    } catch (...) {
        member.error = std::current_exception();
    }
}

bool ProverPair::answer(std::vector<Question> &questions, int64_t conflicts) {
    if (stop(context_, 1)) return false;
    questions_ = &questions;
    conflicts_ = conflicts;
    if (context_->threads > 1 && questions.size() >= kWorthWaking && !thread_.joinable() && !no_thread_) start_thread();
    if (thread_.joinable() && questions.size() >= kWorthWaking) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            asked_ = true;
        }
        changed_.notify_all();
        work(0);
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return !asked_; });
    } else {
        work(0);
        work(1);
    }
    for (Member &member : members_)
        if (member.error) std::rethrow_exception(std::exchange(member.error, nullptr));
    if (members_[0].gave_up || members_[1].gave_up) {
        context_->stopped_at = context_->work;  // so the same number as a budget stops at the same place
        return false;
    }
    context_->work += members_[0].context.work + members_[1].context.work;
    return true;
}

void ProverPair::start_thread() {
    try {
        thread_ = std::thread([this] { serve(); });
    } catch (const std::system_error &) {
        no_thread_ = true;  // the system gives none: the answers are the same
    }
}

void ProverPair::serve() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return asked_ || quit_; });
        if (quit_) return;
        lock.unlock();
        work(1);
        lock.lock();
        asked_ = false;
        changed_.notify_all();
    }
}

}  // namespace netc
