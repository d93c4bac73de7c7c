// SPDX-License-Identifier: Apache-2.0
//
// Memory of small objects that come and go with each request: what is deleted serves the next one
// that is made on the same thread, and the allocator is not asked. Bounded. Under sanitizers it is
// the allocator's, so that a use of what is gone is seen.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace weir {

/// A base of `T` that keeps the memory of at most `kept_max` objects for each thread. Objects of
/// classes derived from `T` are made as usual.
template <class T, std::size_t kept_max>
class recycled {
 public:
  [[nodiscard]] static void* operator new(std::size_t bytes) {
    kept& mine = of_thread();
    if (bytes == sizeof(T) && mine.count > 0) {
      return mine.blocks[--mine.count];
    }
    return ::operator new(bytes);
  }
  static void operator delete(void* block, std::size_t bytes) noexcept {
    kept& mine = of_thread();
    if (reuses && bytes == sizeof(T) && mine.count < kept_max) {
      mine.blocks[mine.count++] = block;
      return;
    }
    ::operator delete(block);
  }

 protected:
  recycled() = default;
  ~recycled() = default;

 private:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr bool reuses = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  static constexpr bool reuses = false;
#else
  static constexpr bool reuses = true;
#endif
#else
  static constexpr bool reuses = true;
#endif

  struct kept {
    std::array<void*, kept_max> blocks;
    std::size_t count = 0;

    kept() = default;
    kept(const kept&) = delete;
    kept& operator=(const kept&) = delete;
    ~kept() {
      while (count > 0) {
        ::operator delete(blocks[--count]);
      }
    }
  };
  static kept& of_thread() noexcept {
    thread_local kept mine;
    return mine;
  }
};

}  // namespace weir
