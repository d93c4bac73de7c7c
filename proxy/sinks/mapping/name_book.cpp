// SPDX-License-Identifier: Apache-2.0
//
// Who has which name.
#include "sinks/mapping/name_book.hpp"

#include <xxhash.h>

#include <array>
#include <utility>

namespace weir {
namespace {

/// Digits of the hash in a suffix: the first that leads to a free name.
constexpr std::array<std::size_t, 2> suffix_digits{8, 16};

std::string text_of(const name_owner& owner) {
  return owner.first + '\0' + owner.second;
}

std::string suffix_of(const name_owner& owner, std::size_t digits) {
  return "_" + hash_digits(text_of(owner), digits);
}

void append_part(std::string_view part, std::string& out) {
  const std::uint64_t size = part.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out.append(part);
}

std::string scope_of(const name_owner& owner) {
  std::string out(1, owner.kind == name_kind::of_series ? 's' : 'l');
  append_part(owner.space, out);
  append_part(owner.database, out);
  return out;
}

}  // namespace

std::string_view name_of(name_form form) noexcept {
  switch (form) {
    case name_form::plain:
      return "plain";
    case name_form::escaped:
      return "escaped";
    case name_form::suffixed:
      return "suffixed";
    case name_form::unremembered:
      return "unremembered";
  }
  return "?";
}

name_book::name_book(std::uint64_t bytes_max, std::unique_ptr<name_store> store)
    : bytes_max_(bytes_max), store_(std::move(store)) {
  numbers_.bytes_max = bytes_max;
}

std::shared_ptr<name_book> name_book::beside(std::shared_ptr<const name_book> given,
                                             std::uint64_t bytes_max) {
  auto book = std::make_shared<name_book>(bytes_max, nullptr);
  book->before_ = std::move(given);
  return book;
}

std::optional<given_name> name_book::given_before(const key& owner) const {
  const std::lock_guard lock(mutex_);
  const auto known = names_.find(owner);
  return known == names_.end() ? std::nullopt
                               : std::optional(given_name{known->second.name, known->second.form});
}

/// Requires: mutex_ is held. The other book's lock is taken behind it, and no book is behind that.
bool name_book::is_given(const key& name) const {
  if (owners_.contains(name)) {
    return true;
  }
  if (before_ == nullptr) {
    return false;
  }
  const std::lock_guard lock(before_->mutex_);
  return before_->owners_.contains(name);
}

name_book::key name_book::key_of(const name_owner& owner) {
  std::string text = scope_of(owner);
  append_part(owner.first, text);
  append_part(owner.second, text);
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

name_book::key name_book::key_of_name(const name_owner& owner, std::string_view name) {
  std::string text = scope_of(owner);
  append_part(name, text);
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

bool name_book::load(const name_record& record) {
  const std::lock_guard lock(mutex_);
  const key owner = key_of(record.owner);
  const key name = key_of_name(record.owner, record.name);
  if (const auto known = names_.find(owner); known != names_.end()) {
    return known->second.name == record.name;
  }
  std::string text;
  append_name_record(record.owner, record.name, text);
  if (owners_.contains(name) || numbers_.bytes + text.size() > bytes_max_) {
    return false;
  }
  bool suffixed = false;
  for (const std::size_t digits : suffix_digits) {
    // An escaped name has its underscores doubled.
    suffixed = suffixed || record.name.ends_with(suffix_of(record.owner, digits));
  }
  const name_form form = suffixed                       ? name_form::suffixed
                         : is_escaped_name(record.name) ? name_form::escaped
                                                        : name_form::plain;
  static_cast<void>(remember(record.owner, record.name, form));
  unwritten_.clear();
  return true;
}

const name_book::entry& name_book::remember(const name_owner& owner, std::string name,
                                            name_form form) {
  const std::size_t before = unwritten_.size();
  append_name_record(owner, name, unwritten_);
  numbers_.bytes += unwritten_.size() - before;
  ++numbers_.of[static_cast<std::size_t>(form)];
  const key of_owner = key_of(owner);
  owners_.emplace(key_of_name(owner, name), of_owner);
  return names_.emplace(of_owner, entry{std::move(name), form}).first->second;
}

given_name name_book::name(const name_owner& owner, const writer& write) {
  const std::lock_guard lock(mutex_);
  if (const auto known = names_.find(key_of(owner)); known != names_.end()) {
    return {known->second.name, known->second.form};
  }
  if (before_ != nullptr) {
    if (auto known = before_->given_before(key_of(owner))) {
      return *known;
    }
  }
  std::string record;
  std::string plain = write({});
  append_name_record(owner, plain, record);
  const std::size_t longest = record.size() + 2 * (suffix_digits.back() + 1);
  const bool would_fit = numbers_.bytes + longest <= bytes_max_;
  const bool room = would_fit && !closed_;
  numbers_.not_given += would_fit && closed_ ? 1 : 0;
  if (room && !is_given(key_of_name(owner, plain))) {
    const name_form form = is_escaped_name(plain) ? name_form::escaped : name_form::plain;
    const entry& made = remember(owner, std::move(plain), form);
    return {made.name, made.form};
  }
  if (room) {
    for (const std::size_t digits : suffix_digits) {
      std::string suffixed = write(suffix_of(owner, digits));
      if (!is_given(key_of_name(owner, suffixed))) {
        const entry& made = remember(owner, std::move(suffixed), name_form::suffixed);
        return {made.name, made.form};
      }
    }
  }
  ++numbers_.of[static_cast<std::size_t>(name_form::unremembered)];
  return {write(suffix_of(owner, suffix_digits.back())), name_form::unremembered};
}

bool name_book::knows(const name_owner& owner) const {
  const std::lock_guard lock(mutex_);
  return names_.contains(key_of(owner));
}

void name_book::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool name_book::flush() {
  const std::lock_guard writing(writing_);
  std::string records;
  {
    const std::lock_guard lock(mutex_);
    records.swap(unwritten_);
  }
  if (records.empty() || store_ == nullptr || store_->append(records)) {
    return true;
  }
  const std::lock_guard lock(mutex_);
  ++numbers_.failures;
  unwritten_.insert(0, records);
  return false;
}

name_book::numbers name_book::count() const {
  const std::lock_guard lock(mutex_);
  return numbers_;
}

}  // namespace weir
