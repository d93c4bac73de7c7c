// SPDX-License-Identifier: Apache-2.0
#include "accounts/running_totals.hpp"

#include "accounts/line_account.hpp"

namespace weir {

void line_sums::add(const line_sums& more) noexcept {
  received += more.received;
  accepted += more.accepted;
  rejected += more.rejected;
  dropped += more.dropped;
  mended += more.mended;
  noted += more.noted;
}

line_sums sums_of(const line_account& account) noexcept {
  line_sums sums{.received = account.received,
                 .accepted = account.accepted,
                 .mended = account.mended(),
                 .noted = account.noted()};
  if (account.received != account.accepted) {
    sums.rejected = account.rejected();
    sums.dropped = account.dropped();
  }
  return sums;
}

std::size_t running_totals::stripe_of_thread() noexcept {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
  return mine % stripe_count;
}

line_sums running_totals::read() const noexcept {
  line_sums all;
  for (const stripe& each : stripes_) {
    const std::lock_guard lock(each.mutex);
    all.add(each.sums);
  }
  return all;
}

}  // namespace weir
