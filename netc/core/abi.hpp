// The border itself: no exception leaves the core. A kernel's body runs inside guard(), which turns what it throws
// into a code and a thread-local message.
#pragma once

#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

extern "C" {
#include "netc/core/core.h"
}

namespace netc {

constexpr int64_t kUserError = -1;
constexpr int64_t kMemoryError = -2;
constexpr int64_t kInternalError = -3;

// Something the user can mend; `place` is a line:column or a byte offset, or empty; `hint` says what to do instead.
struct UserError {
    std::string place;
    std::string what;
    std::string hint = {};
};

void set_error(const std::string &place, const std::string &what, const std::string &hint = {}) noexcept;

template <class Body>
int64_t guard(Body &&body) noexcept {
    try {
        return body();
    } catch (const UserError &error) {
        set_error(error.place, error.what, error.hint);
        return kUserError;
    } catch (const std::bad_alloc &) {
        set_error("", "out of memory");
        return kMemoryError;
    } catch (const std::exception &error) {
        set_error("", error.what());
        return kInternalError;
    }
}

template <class... Args>
std::string format(const char *text, Args... args) {
    char buffer[512];
    std::snprintf(buffer, sizeof buffer, text, args...);
    return buffer;
}

}  // namespace netc
