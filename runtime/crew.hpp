// Threads that wait for work between calls, so that a call starts none and allocates nothing.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace netc {

// A thread that belongs to whoever hired it, until it is dismissed: callers that come at once never wait for each other.
class Worker {
public:
    using Work = void (*)(const void *context, int64_t member);

    Worker();
    Worker(const Worker &) = delete;
    ~Worker();

    void start(Work work, const void *context, int64_t member);
    // Waits until the work is done.
    void finish();
    // The same, but work that has not begun is not done at all.
    void finish_or_drop();

    Worker *next = nullptr;  // for whoever holds several

private:
    enum State { kIdle, kAsked, kWorking, kLeaving };

    void live();
    void ask(State state);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<State> state_{kIdle};
    Work work_ = nullptr;
    const void *context_ = nullptr;
    int64_t member_ = 0;
    std::thread thread_;  // it uses all of the above
};

// A list of so many workers, or of as many as the system gives. A forked process begins without any.
Worker *hire(int64_t count);
void dismiss(Worker *list);

}  // namespace netc
