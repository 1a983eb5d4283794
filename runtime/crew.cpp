// Workers that nobody has hired lie in one list for the whole process, each parked on a condition of its own. The list is
// never destroyed: when the process ends its threads are still parked, and nobody waits for them.
#include "runtime/crew.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <new>
#include <system_error>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace netc {
namespace {

// Some microseconds: what the last block of another thread takes is often less than to be woken.
constexpr int kSpins = 500;

inline void pause() {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

// Threads started in its scope get no signals: those are for the program's own threads.
class WithoutSignals {
public:
    WithoutSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    WithoutSignals(const WithoutSignals &) = delete;
    ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

class Crew {
public:
    static Crew &here() {
        static Crew &crew = founded();
        return crew;
    }

    Worker *hire(int64_t wanted) {
        Worker *list = nullptr;
        auto add = [&](Worker *worker) {
            worker->next = list;
            list = worker;
            wanted--;
        };
        {
            std::lock_guard<std::mutex> lock(mutex_);
            while (wanted > 0 && idle_) add(pop());
        }
        try {
            while (wanted > 0) add(new Worker);
        } catch (const std::system_error &) {  // then with those that are there
        } catch (const std::bad_alloc &) {
        }
        return list;
    }

    void dismiss(Worker *list) {
        std::lock_guard<std::mutex> lock(mutex_);
        while (list) {
            Worker *worker = list;
            list = worker->next;
            if (count_ == most_) {
                delete worker;
                continue;
            }
            worker->next = idle_;
            idle_ = worker;
            count_++;
        }
    }

private:
    // Threads do not come along into a forked process, but their list would, and the lock as it is. So there are none then.
    static Crew &founded() {
        Crew *crew = new Crew;
        auto unlock = [] { here().mutex_.unlock(); };
        pthread_atfork([] { here().send_home(); }, unlock, unlock);
        return *crew;
    }
    void send_home() {
        mutex_.lock();
        while (idle_) delete pop();
    }

    Worker *pop() {
        Worker *worker = idle_;
        idle_ = worker->next;
        count_--;
        return worker;
    }

    std::mutex mutex_;
    Worker *idle_ = nullptr;
    int64_t count_ = 0;                                                 // of them
    int64_t most_ = std::max(1u, std::thread::hardware_concurrency());  // that are kept
};

}  // namespace

Worker::Worker() {
    WithoutSignals scope;
    thread_ = std::thread([this] { live(); });
}

Worker::~Worker() {
    ask(kLeaving);
    thread_.join();
}

void Worker::live() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return state_ == kAsked || state_ == kLeaving; });
        if (state_ == kLeaving) return;
        state_ = kWorking;
        lock.unlock();
        work_(context_, member_);
        lock.lock();
        state_ = kIdle;
        changed_.notify_one();
    }
}

void Worker::ask(State state) {
    std::lock_guard<std::mutex> lock(mutex_);
    state_ = state;
    changed_.notify_one();
}

void Worker::start(Work work, const void *context, int64_t member) {
    work_ = work;
    context_ = context;
    member_ = member;
    ask(kAsked);
}

void Worker::finish() {
    for (int spin = 0; spin < kSpins && state_ != kIdle; spin++) pause();
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return state_ == kIdle; });
}

void Worker::finish_or_drop() {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        if (state_ == kAsked) state_ = kIdle;
    }
    finish();
}

Worker *hire(int64_t count) { return Crew::here().hire(count); }

void dismiss(Worker *list) { Crew::here().dismiss(list); }

}  // namespace netc
