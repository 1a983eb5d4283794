// Many short lists that grow, in one piece of memory: a list that is full moves to the end, where it has twice the room.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace netc {

template <class T>
class Lists {
public:
    size_t size() const { return lists_.size(); }
    void add_list() { lists_.push_back({}); }

    // Pointers into any list hold until the next push.
    T *begin(size_t list) { return items_.data() + lists_[list].start; }
    uint32_t size(size_t list) const { return lists_[list].size; }
    void truncate(size_t list, uint32_t size) { lists_[list].size = size; }

    void push(size_t list, const T &item) {
        List &to = lists_[list];
        if (to.size == to.room) grow(to);
        items_[to.start + to.size++] = item;
    }

private:
    struct List {
        size_t start = 0;
        uint32_t size = 0, room = 0;
    };

    void grow(List &list) {
        uint32_t room = std::max<uint32_t>(2, 2 * list.room);
        size_t start = items_.size();
        items_.resize(start + room);
        std::copy_n(items_.data() + list.start, list.size, items_.data() + start);
        list.start = start;
        list.room = room;
    }

    std::vector<List> lists_;
    std::vector<T> items_;
};

}  // namespace netc
