// A few threads that work in step.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace netc {

class Team {
public:
    // Runs work(member, members) in up to `wanted` threads, this one included: in as many as the system gives. `work`
    // throws nothing.
    template <class Work>
    void run(int64_t wanted, const Work &work) {
        if (wanted <= 1) {  // short calls do nothing else
            members_ = 1;
            work(0, 1);
            members_ = 0;
            return;
        }
        std::vector<std::thread> others;
        others.reserve(static_cast<size_t>(wanted));
        try {
            for (int64_t member = 1; member < wanted; member++)
                others.emplace_back([this, &work, member] { work(member, members()); });
        } catch (const std::system_error &) {  // then with those that are there
        }
        int64_t count = static_cast<int64_t>(others.size()) + 1;
        {
            std::lock_guard<std::mutex> lock(mutex_);
            members_ = count;
        }
        changed_.notify_all();
        work(0, count);
        for (std::thread &other : others) other.join();
        members_ = 0;
    }

    // Waits until every member has come here.
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
    // How many there are, once that is known.
    int64_t members() {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return members_ > 0; });
        return members_;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    int64_t members_ = 0, waiting_ = 0;
    uint64_t round_ = 0;
};

}  // namespace netc
