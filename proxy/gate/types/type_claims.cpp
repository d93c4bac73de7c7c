// SPDX-License-Identifier: Apache-2.0
#include "gate/types/type_claims.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t process_digits = 16;
// The lease grows by so many fields at once.
constexpr std::size_t room_step = 64;
// As much of a name as an answer quotes.
constexpr std::size_t quoted_bytes_max = 256;

std::string quoted_name(std::string_view name) {
  std::string out("\"");
  out.append(name.substr(0, quoted_bytes_max)).append("\"");
  return out;
}

}  // namespace

wide_hash type_claims::key_of(const registered_field& name) const {
  // The database has a map of its own. NUL is in no name.
  std::string text(name.measurement);
  text.push_back('\0');
  text.append(name.field);
  return hash_wide(text, process_);
}

std::string type_claims::who_of(std::uint64_t number) const {
  std::array<char, process_digits> digits{};
  digits.fill('0');
  std::array<char, process_digits> spelled{};
  const auto end = std::to_chars(spelled.data(), spelled.data() + spelled.size(), process_, 16).ptr;
  std::copy_backward(spelled.data(), end, digits.data() + digits.size());
  return std::string(digits.data(), digits.size()) + "-" + std::to_string(number);
}

std::uint64_t type_claims::own_number(std::string_view who) const {
  const std::size_t dash = who.find('-');
  std::uint64_t number = 0;
  if (dash == std::string_view::npos) {
    return 0;
  }
  const auto read = std::from_chars(who.data() + dash + 1, who.data() + who.size(), number);
  return read.ec == std::errc{} && who == who_of(number) ? number : 0;
}

/// Requires: mutex_ is held, as do those below.
bool type_claims::room_for_one() {
  const std::size_t wanted = fields_ + waiting_.size() + 1;
  return lease_.grow_to((wanted + room_step - 1) / room_step * room_step * field_bytes);
}

void type_claims::put_unsent(const registered_field& name, std::optional<field_type> type,
                             std::string who, std::uint64_t number) {
  unsent_.push_back({.number = number,
                     .database = std::string(name.database),
                     .measurement = std::string(name.measurement),
                     .field = std::string(name.field),
                     .type = type,
                     .who = std::move(who)});
  unsent_count_.store(unsent_.size(), std::memory_order_relaxed);
}

void type_claims::end_waiting(std::uint64_t number) {
  const auto own = waiting_.find(number);
  if (own == waiting_.end()) {
    return;
  }
  if (const auto by_field = waiting_by_field_.find(own->second.key);
      by_field != waiting_by_field_.end() && by_field->second == number) {
    waiting_by_field_.erase(by_field);
  }
  waiting_.erase(own);
}

void type_claims::refuse(std::uint64_t number, claim_fate fate, std::string why) {
  end_waiting(number);
  refusals_.emplace(number, refusal{fate, std::move(why)});
  if (refusals_.size() > refusals_max) {
    refusals_from_ = refusals_.begin()->first + 1;
    refusals_.erase(refusals_.begin());
  }
}

type_claims::claimed type_claims::claim(const registered_field& name, field_type type) {
  const wide_hash key = key_of(name);
  const std::lock_guard lock(mutex_);
  if (const auto known = topic_.find(name.database); known != topic_.end()) {
    if (const auto field = known->second.find(key); field != known->second.end()) {
      return {.type = field->second.first.type};
    }
  }
  wide_hash own_key = key;
  own_key.high ^= hash_text(name.database, process_);
  if (const auto known = waiting_by_field_.find(own_key); known != waiting_by_field_.end()) {
    return {.number = known->second, .type = waiting_.at(known->second).type};
  }
  const std::size_t bytes = name.database.size() + name.measurement.size() + name.field.size();
  if (bytes > types_record_bytes_max / 2 || !room_for_one()) {
    return {.type = type, .full = true};
  }
  const std::uint64_t number = ++numbers_;
  put_unsent(name, type, who_of(number), number);
  waiting_.emplace(number, own_claim{.key = own_key,
                                     .field = {.number = number,
                                               .database = std::string(name.database),
                                               .measurement = std::string(name.measurement),
                                               .field = std::string(name.field)},
                                     .type = type});
  waiting_by_field_.emplace(own_key, number);
  return {.number = number, .type = type};
}

std::uint64_t type_claims::waiting_for(const registered_field& name) const {
  wide_hash key = key_of(name);
  key.high ^= hash_text(name.database, process_);
  const std::lock_guard lock(mutex_);
  const auto known = waiting_by_field_.find(key);
  return known == waiting_by_field_.end() ? 0 : known->second;
}

claim_standing type_claims::standing(const claim_range& of) const {
  if (of.empty()) {
    return {};
  }
  const std::lock_guard lock(mutex_);
  if (const auto one = waiting_.lower_bound(of.least);
      one != waiting_.end() && one->first <= of.greatest) {
    return {.fate = claim_fate::waits};
  }
  if (const auto one = refusals_.lower_bound(of.least);
      one != refusals_.end() && one->first <= of.greatest) {
    return {.fate = one->second.fate, .why = one->second.why};
  }
  if (of.least < refusals_from_) {
    return {.fate = claim_fate::lost, .why = "types of its fields came from another weir"};
  }
  return {};
}

void type_claims::send() {
  if (send_ && unsent() > 0) {
    send_();
  }
}

std::vector<type_claims::outgoing> type_claims::take_unsent() {
  const std::lock_guard lock(mutex_);
  unsent_count_.store(0, std::memory_order_relaxed);
  return std::exchange(unsent_, {});
}

void type_claims::note_waiting(const wide_hash& key, change& into) const {
  if (const auto one = waiting_by_field_.find(key); one != waiting_by_field_.end()) {
    into.resolved.push_back(one->second);
  }
}

type_claims::change type_claims::arrived(const registered_field& name, field_type type,
                                         std::string_view who) {
  const wide_hash key = key_of(name);
  wide_hash own_key = key;
  own_key.high ^= hash_text(name.database, process_);
  const held_claim claim{.who = hash_text(who, process_), .type = type};
  change out;
  const std::lock_guard lock(mutex_);
  note_waiting(own_key, out);
  const auto database = topic_.try_emplace(std::string(name.database)).first;
  held_fields& fields = database->second;
  const auto known = fields.find(key);
  if (known == fields.end()) {
    if (!room_for_one()) {
      out.full = true;
      return out;
    }
    fields.emplace(key, held_field{.first = claim, .others = nullptr});
    ++fields_;
    out.type = type;
    return out;
  }
  held_field& field = known->second;
  out.type = field.first.type;
  if (field.first.who == claim.who) {
    return out;  // the same record once more
  }
  if (field.others == nullptr) {
    field.others = std::make_unique<std::vector<held_claim>>();
  }
  field.others->push_back(claim);
  if (own_number(who) != 0) {
    put_unsent(name, std::nullopt, std::string(who), 0);
  }
  return out;
}

type_claims::change type_claims::withdrawn(const registered_field& name, std::string_view who) {
  const wide_hash key = key_of(name);
  const std::uint64_t whose = hash_text(who, process_);
  change out;
  const std::lock_guard lock(mutex_);
  const auto database = topic_.find(name.database);
  const auto known =
      database == topic_.end() ? held_fields::iterator{} : database->second.find(key);
  if (database == topic_.end() || known == database->second.end()) {
    return out;
  }
  held_field& field = known->second;
  out.type = field.first.type;
  if (field.first.who != whose) {
    if (field.others != nullptr) {
      std::erase_if(*field.others, [whose](const held_claim& one) { return one.who == whose; });
      if (field.others->empty()) {
        field.others.reset();
      }
    }
    return out;
  }
  out.replaced = true;
  if (field.others == nullptr) {
    out.type.reset();
    database->second.erase(known);
    --fields_;
    return out;
  }
  field.first = field.others->front();
  out.replaced = field.first.type != out.type;
  out.type = field.first.type;
  field.others->erase(field.others->begin());
  if (field.others->empty()) {
    field.others.reset();
  }
  return out;
}

void type_claims::dropped(std::string_view database) {
  const std::lock_guard lock(mutex_);
  if (const auto known = topic_.find(database); known != topic_.end()) {
    fields_ -= known->second.size();
    topic_.erase(known);
    lease_.shrink_to((fields_ + waiting_.size() + room_step) / room_step * room_step * field_bytes);
  }
}

void type_claims::resolve(const change& of, const registered_field& name) {
  if (of.resolved.empty()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    for (const std::uint64_t number : of.resolved) {
      const auto own = waiting_.find(number);
      if (own == waiting_.end()) {
        continue;
      }
      if (of.full || of.type == own->second.type) {
        end_waiting(number);
      } else {
        refuse(number, claim_fate::lost,
               "field " + quoted_name(name.field) + " of measurement " +
                   quoted_name(name.measurement) + " was given the type " +
                   std::string(of.type ? name_of(*of.type) : "of others") +
                   " by another weir at the same moment");
      }
    }
  }
  tell();
}

std::vector<type_claims::waiting> type_claims::waiting_in(std::uint64_t least,
                                                          std::uint64_t greatest) const {
  std::vector<waiting> out;
  const std::lock_guard lock(mutex_);
  for (auto one = waiting_.lower_bound(least); one != waiting_.end() && one->first <= greatest;
       ++one) {
    out.push_back(one->second.field);
  }
  return out;
}

void type_claims::fail(std::uint64_t number, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.contains(number)) {
      return;
    }
    refuse(number, claim_fate::failed, why);
  }
  tell();
}

std::uint64_t type_claims::greatest() const {
  const std::lock_guard lock(mutex_);
  return numbers_;
}

std::size_t type_claims::waiting_count() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

std::size_t type_claims::fields() const {
  const std::lock_guard lock(mutex_);
  return fields_;
}

void type_claims::tell() {
  changes_.fetch_add(1, std::memory_order_acq_rel);
  const std::lock_guard lock(watchers_mutex_);
  for (const auto& [number, wake] : watchers_) {
    wake();
  }
}

std::size_t type_claims::watch(std::function<void()> wake) {
  const std::lock_guard lock(watchers_mutex_);
  watchers_.emplace(next_watcher_, std::move(wake));
  return next_watcher_++;
}

void type_claims::unwatch(std::size_t watcher) {
  const std::lock_guard lock(watchers_mutex_);
  watchers_.erase(watcher);
}

}  // namespace weir
