// A few threads that work on the same thing, in step where they meet.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "runtime/crew.hpp"

namespace netc {

class Team {
public:
    // Runs work(member, members) in up to `wanted` threads, this one included: in as many as the system gives. `work`
    // throws nothing.
    template <class Work>
    void run(int64_t wanted, const Work &work) {
        together(wanted, work, &Worker::finish);
    }

    // The same for work of which each takes what is left, until nothing is: who has not begun by then is left out.
    template <class Work>
    void share(int64_t wanted, const Work &work) {
        together(wanted, work, &Worker::finish_or_drop);
    }

    // Waits until every member has come here; for `run`.
    void meet() {
        std::unique_lock<std::mutex> lock(mutex_);
        if (++waiting_ == members_) {
            waiting_ = 0;
            round_++;
            changed_.notify_all();
            return;
        }
        uint64_t mine = round_;
        changed_.wait(lock, [&] { return round_ != mine; });
    }

private:
    template <class Work>
    void together(int64_t wanted, const Work &work, void (Worker::*finish)()) {
        Worker *others = wanted > 1 ? hire(wanted - 1) : nullptr;
        members_ = 1;
        for (Worker *other = others; other; other = other->next) members_++;
        struct Task {
            const Work &work;
            int64_t members;
        } task{work, members_};
        auto call = [](const void *context, int64_t member) {
            const Task &given = *static_cast<const Task *>(context);
            given.work(member, given.members);
        };
        int64_t member = 1;
        for (Worker *other = others; other; other = other->next) other->start(call, &task, member++);
        work(0, task.members);
        for (Worker *other = others; other; other = other->next) (other->*finish)();
        if (others) dismiss(others);
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    int64_t members_ = 0, waiting_ = 0;
    uint64_t round_ = 0;
};

}  // namespace netc
