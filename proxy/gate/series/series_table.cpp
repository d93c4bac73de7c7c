// SPDX-License-Identifier: Apache-2.0
//
// Each shard is an array with open addressing: the home of a key is its place in the order of
// hashes, a taken home means the next place. It grows by half when it is three quarters full.
#include "gate/series/series_table.hpp"

#include <algorithm>
#include <mutex>
#include <span>
#include <utility>

#include "base/assert.hpp"
#include "base/page_memory_posix.hpp"
#include "base/per_request/bring_near.hpp"
#include "gate/series/cardinality.hpp"

namespace weir {
namespace {

constexpr std::size_t places_least = 64;
constexpr std::size_t huge_page_places = huge_page_bytes / sizeof(series_entry);
constexpr std::size_t small_page_places = 4096 / sizeof(series_entry);
/// Entries looked at for the one unseen longest, and for idle ones.
constexpr std::size_t evict_looks = 16;
constexpr std::size_t expire_looks = 8;

bool is_empty(const series_entry& entry) noexcept {
  return entry.key == wide_hash{};
}

/// A key that no empty place has.
wide_hash usable(const wide_hash& key) noexcept {
  return key == wide_hash{} ? wide_hash{1, 0} : key;
}

/// Of many places, as many as fill huge pages; few are as they are.
std::size_t whole_pages(std::size_t places) noexcept {
  return places < huge_page_places ? places : places / huge_page_places * huge_page_places;
}

std::size_t home_of(const wide_hash& key, std::size_t places) noexcept {
  __extension__ using wide = unsigned __int128;
  return static_cast<std::size_t>((static_cast<wide>(key.low) * places) >> 64);
}

}  // namespace

struct alignas(64) series_table::shard {
  brief_mutex mutex;
  /// Zeros are empty places.
  page_memory memory;
  std::span<series_entry> places;
  std::size_t used = 0;
  std::size_t places_max = 0;
  /// Where the search for old entries goes on.
  std::size_t hand = 0;
  std::uint64_t evicted = 0;
  std::uint64_t expired = 0;

  /// Where the places are, for callers without the lock that only prefetch.
  series_table::hint* seen = nullptr;

  [[nodiscard]] std::size_t home(const wide_hash& key) const noexcept {
    return home_of(key, places.size());
  }
  [[nodiscard]] std::size_t next(std::size_t place) const noexcept {
    return place + 1 == places.size() ? 0 : place + 1;
  }
  [[nodiscard]] std::size_t full_at() const noexcept { return places.size() / 4 * 3; }

  /// The place of the key, or the empty one where it belongs.
  [[nodiscard]] std::size_t seek(const wide_hash& key) const noexcept {
    std::size_t place = home(key);
    while (!is_empty(places[place]) && !(places[place].key == key)) {
      place = next(place);
    }
    return place;
  }
  /// Places of the next size; 0 when the shard has room or may not grow. Under the lock.
  [[nodiscard]] std::size_t places_wanted() const noexcept;
  /// Grows to `wanted` places, unless another thread was faster. Takes the lock, but not while
  /// memory is fetched or given back. False when the system has no more memory.
  [[nodiscard]] bool grow_to(std::size_t wanted);
  void remove(std::size_t place) noexcept;
  void evict_one() noexcept;
  void expire(std::uint32_t now_s, std::uint32_t idle_s) noexcept;
};

std::size_t series_table::shard::places_wanted() const noexcept {
  if (used < full_at() || places.size() >= places_max) {
    return 0;
  }
  const std::size_t more = std::max(places_least, places.size() + places.size() / 2);
  const std::size_t filled =
      more < huge_page_places ? more : whole_pages(more + huge_page_places - 1);
  return std::min(places_max, filled);
}

bool series_table::shard::grow_to(std::size_t wanted) {
  page_memory larger(wanted * sizeof(series_entry));
  if (larger.data() == nullptr) {
    return false;
  }
  // Entries will lie all over it: have the system provide its pages here, not under the lock.
  auto* const entries = static_cast<series_entry*>(larger.data());
  for (std::size_t i = 0; i < wanted; i += small_page_places) {
    *static_cast<volatile std::uint32_t*>(&entries[i].seen_s) = 0;
  }
  const std::lock_guard lock(mutex);
  if (places_wanted() != wanted) {
    return true;
  }
  const std::span<series_entry> before = places;
  places = {entries, wanted};
  for (const series_entry& entry : before) {
    if (!is_empty(entry)) {
      places[seek(entry.key)] = entry;
    }
  }
  std::swap(memory, larger);
  seen->places.store(places.data(), std::memory_order_relaxed);
  seen->count.store(places.size(), std::memory_order_relaxed);
  return true;  // the lock is released before `larger`, which holds the smaller table now
}

/// Closes the gap: entries that were pushed past it move back.
void series_table::shard::remove(std::size_t place) noexcept {
  if (places[place].measurement != nullptr) {
    places[place].measurement->series_gone();
  }
  std::size_t gap = place;
  for (std::size_t at = next(gap); !is_empty(places[at]); at = next(at)) {
    const std::size_t from_home = (at + places.size() - home(places[at].key)) % places.size();
    const std::size_t from_gap = (at + places.size() - gap) % places.size();
    if (from_home >= from_gap) {
      places[gap] = places[at];
      gap = at;
    }
  }
  places[gap] = {};
  --used;
}

/// The one unseen longest of some; all of them get their turn.
void series_table::shard::evict_one() noexcept {
  std::size_t oldest = places.size();
  for (std::size_t looked = 0; looked < evict_looks; hand = next(hand)) {
    const series_entry& entry = places[hand];
    if (is_empty(entry)) {
      continue;
    }
    ++looked;
    if (oldest == places.size() || entry.seen_s < places[oldest].seen_s) {
      oldest = hand;
    }
  }
  remove(oldest);
  ++evicted;
}

void series_table::shard::expire(std::uint32_t now_s, std::uint32_t idle_s) noexcept {
  for (std::size_t looked = 0; looked < expire_looks && used > 0; ++looked) {
    if (hand >= places.size()) {
      hand = 0;
    }
    const series_entry& entry = places[hand];
    if (!is_empty(entry) && now_s > entry.seen_s && now_s - entry.seen_s > idle_s) {
      remove(hand);  // what moves here is looked at next
      ++expired;
    } else {
      hand = next(hand);
    }
  }
}

series_table::series_table(std::size_t bytes, std::uint32_t idle_s)
    : idle_s_(idle_s), shards_(std::make_unique<shard[]>(shard_count)) {
  const std::size_t places = whole_pages(bytes / sizeof(series_entry) / shard_count);
  for (std::size_t i = 0; i < shard_count; ++i) {
    shards_[i].places_max = std::max(places, 2 * places_least);
    shards_[i].seen = &hints_[i];
  }
}

series_table::~series_table() = default;

series_table::shard& series_table::shard_of(const wide_hash& key) const noexcept {
  return shards_[key.high % shard_count];
}

void series_table::expect(const wide_hash& wanted) const noexcept {
  const wide_hash key = usable(wanted);
  const hint& seen = hints_[key.high % shard_count];
  const series_entry* const places = seen.places.load(std::memory_order_relaxed);
  if (places == nullptr) {
    return;
  }
  // Of a table that grows meanwhile it may be any place: fetching changes nothing.
  const series_entry* const home =
      places + home_of(key, seen.count.load(std::memory_order_relaxed));
  bring_near_to_write(home);
  bring_near_to_write(home + 1);
}

series_table::access series_table::find(const wide_hash& wanted, std::uint32_t now_s) {
  const wide_hash key = usable(wanted);
  shard& own = shard_of(key);
  own.mutex.lock();
  if (own.used == 0) {
    return access(own.mutex, nullptr, false);
  }
  series_entry& entry = own.places[own.seek(key)];
  if (is_empty(entry)) {
    return access(own.mutex, nullptr, false);
  }
  entry.seen_s = now_s;
  return access(own.mutex, &entry, false);
}

std::optional<series_entry> series_table::peek(const wide_hash& wanted) const {
  const wide_hash key = usable(wanted);
  shard& own = shard_of(key);
  const std::lock_guard lock(own.mutex);
  if (own.used == 0) {
    return std::nullopt;
  }
  const series_entry& entry = own.places[own.seek(key)];
  return is_empty(entry) ? std::nullopt : std::optional(entry);
}

series_table::access series_table::find_or_add(const wide_hash& wanted, std::uint32_t now_s) {
  return add(wanted, now_s, /*is_own=*/true);
}

series_table::access series_table::see_or_add(const wide_hash& wanted, std::uint32_t seen_s) {
  return add(wanted, seen_s, /*is_own=*/false);
}

bool series_table::see(const wide_hash& wanted, std::uint32_t seen_s) {
  const wide_hash key = usable(wanted);
  shard& own = shard_of(key);
  const std::lock_guard lock(own.mutex);
  if (own.used == 0) {
    return false;
  }
  series_entry& entry = own.places[own.seek(key)];
  if (is_empty(entry)) {
    return false;
  }
  entry.seen_s = std::max(entry.seen_s, seen_s);
  return true;
}

/// For one that lines here do not bring none of those has to go that they did bring.
series_table::access series_table::add(const wide_hash& wanted, std::uint32_t now_s, bool is_own) {
  const wide_hash key = usable(wanted);
  shard& own = shard_of(key);
  for (bool may_grow = true;;) {
    own.mutex.lock();
    if (!own.places.empty()) {
      series_entry& entry = own.places[own.seek(key)];
      if (!is_empty(entry)) {
        entry.seen_s = is_own ? now_s : std::max(entry.seen_s, now_s);
        return access(own.mutex, &entry, false);
      }
    }
    const std::size_t places = may_grow ? own.places_wanted() : 0;
    if (places == 0) {
      break;
    }
    own.mutex.unlock();
    may_grow = own.grow_to(places);
  }
  WEIR_ASSERT(!own.places.empty());  // a page for the first series is there
  if (own.used >= own.full_at()) {
    if (!is_own) {
      return access(own.mutex, nullptr, false);
    }
    own.evict_one();
  }
  series_entry& entry = own.places[own.seek(key)];
  WEIR_ASSERT(is_empty(entry));
  entry.key = key;
  entry.seen_s = now_s;
  ++own.used;
  return access(own.mutex, &entry, true);
}

void series_table::expire_near(const wide_hash& wanted, std::uint32_t now_s) {
  shard& own = shard_of(usable(wanted));
  const std::lock_guard lock(own.mutex);
  if (!own.places.empty()) {
    own.expire(now_s, idle_s_);
  }
}

std::size_t series_table::copy_some(std::size_t shard_number, std::size_t from, std::size_t looks,
                                    std::vector<series_entry>& into) const {
  into.reserve(into.size() + looks);  // not under the lock
  const shard& of = shards_[shard_number];
  const std::lock_guard lock(shards_[shard_number].mutex);
  const std::size_t end = std::min(of.places.size(), from + looks);
  for (std::size_t place = from; place < end; ++place) {
    if (!is_empty(of.places[place])) {
      into.push_back(of.places[place]);
    }
  }
  return end < of.places.size() ? end : 0;
}

bool series_table::is_locked() const noexcept {
  return std::any_of(shards_.get(), shards_.get() + shard_count,
                     [](const shard& each) { return each.mutex.is_locked(); });
}

series_table::totals series_table::count() const {
  totals sum;
  for (std::size_t i = 0; i < shard_count; ++i) {
    shard& each = shards_[i];
    const std::lock_guard lock(each.mutex);
    sum.series += each.used;
    sum.bytes += each.places.size_bytes();
    sum.evicted += each.evicted;
    sum.expired += each.expired;
  }
  return sum;
}

}  // namespace weir
