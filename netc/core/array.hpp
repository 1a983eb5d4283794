// A growable array over malloc: uninitialised growth, lazily zeroed pages, and memory that can be handed across the
// border and freed there. For plain data only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace netc {

template <class T>
class Array {
    static_assert(std::is_trivially_copyable<T>::value, "Array holds plain data");

public:
    Array() = default;
    explicit Array(size_t size) { resize(size); }
    Array(const Array &) = delete;
    Array &operator=(const Array &) = delete;
    Array(Array &&other) noexcept { swap(other); }
    Array &operator=(Array &&other) noexcept {
        swap(other);
        return *this;
    }
    ~Array() { std::free(data_); }

    static Array zeros(size_t size) {
        Array array;
        array.data_ = static_cast<T *>(std::calloc(size ? size : 1, sizeof(T)));
        if (!array.data_) throw std::bad_alloc();
        array.size_ = array.capacity_ = size;
        return array;
    }
    static Array filled(size_t size, T value) {
        Array array(size);
        for (size_t i = 0; i < size; i++) array.data_[i] = value;
        return array;
    }

    T *data() { return data_; }
    const T *data() const { return data_; }
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T &operator[](size_t i) { return data_[i]; }
    const T &operator[](size_t i) const { return data_[i]; }
    T &back() { return data_[size_ - 1]; }
    T *begin() { return data_; }
    T *end() { return data_ + size_; }
    const T *begin() const { return data_; }
    const T *end() const { return data_ + size_; }

    void reserve(size_t capacity) {
        if (capacity > capacity_) reallocate(capacity);
    }
    // New elements are uninitialised.
    void resize(size_t size) {
        if (size > capacity_) reallocate(size);
        size_ = size;
    }
    void push(T value) {
        if (size_ == capacity_) reallocate(capacity_ < 16 ? 16 : capacity_ + capacity_ / 2);
        data_[size_++] = value;
    }
    T pop() { return data_[--size_]; }
    void clear() { size_ = 0; }

    // Gives the memory away, trimmed to its size; the caller frees it with netc_free. Never null.
    T *release() {
        reallocate(size_ ? size_ : 1);
        T *data = data_;
        data_ = nullptr;
        size_ = capacity_ = 0;
        return data;
    }

private:
    void swap(Array &other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }
    void reallocate(size_t capacity) {
        if (capacity > PTRDIFF_MAX / sizeof(T)) throw std::bad_alloc();
        T *data = static_cast<T *>(std::realloc(data_, (capacity ? capacity : 1) * sizeof(T)));
        if (!data) throw std::bad_alloc();
        data_ = data;
        capacity_ = capacity;
    }

    T *data_ = nullptr;
    size_t size_ = 0;
    size_t capacity_ = 0;
};

}  // namespace netc
