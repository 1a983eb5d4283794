// Many questions of one graph at a time, answered by two provers.
//
// Question i goes to prover i mod 2, whether the two run side by side or one after the other: so what each has learnt, and
// with it every answer, is the same with one thread and with two. The graph and its XORs must not change while they answer.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "netc/core/prover.hpp"

namespace netc {

struct Question {
    Lit a, b;  // are they equal?
    Verdict verdict = Verdict::unknown;
    std::vector<uint8_t> pattern = {};  // the leaves' values, where they are different
};

class ProverPair {
public:
    ProverPair(const Builder &graph, uint64_t seed, netc_context *context, const Xors *xors);
    ~ProverPair();
    ProverPair(const ProverPair &) = delete;
    ProverPair &operator=(const ProverPair &) = delete;

    // Answers all and counts their work; or none, and stops the context before the first of them: when it is cancelled, or
    // when one of the provers alone uses up the budget.
    bool answer(std::vector<Question> &questions, int64_t conflicts);

    ProverCounts counts() const;

private:
    struct Member {
        Member(const Builder &graph, uint64_t seed, const Xors *xors)
            : random{seed}, prover(graph, &random, &context, xors) {}
        Random random;
        netc_context context{};
        Prover prover;
        bool gave_up = false;
        std::exception_ptr error;
    };

    void work(size_t member);
    void start_thread();
    void serve();

    netc_context *context_;
    Member members_[2];
    std::vector<Question> *questions_ = nullptr;
    int64_t conflicts_ = 0;

    std::thread thread_;  // of the second member, from the first time that it is worth while
    bool no_thread_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool asked_ = false, quit_ = false;
};

}  // namespace netc
