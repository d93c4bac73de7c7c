// SPDX-License-Identifier: Apache-2.0
//
// The same done to several things at once, each on a thread of its own, because it waits for
// brokers or servers.
#pragma once

#include <cstddef>
#include <thread>
#include <vector>

namespace weir {

/// Calls `what` with each of `items`, the first one on the calling thread; returns when all calls
/// have.
template <class Items, class What>
void together(Items&& items, const What& what) {
  std::vector<std::thread> threads;
  threads.reserve(items.size());
  for (std::size_t i = 1; i < items.size(); ++i) {
    threads.emplace_back([&, i] { what(items[i]); });
  }
  if (!items.empty()) {
    what(items.front());
  }
  for (std::thread& one : threads) {
    one.join();
  }
}

}  // namespace weir
