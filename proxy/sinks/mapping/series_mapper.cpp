// SPDX-License-Identifier: Apache-2.0
//
// Points to series.
#include "sinks/mapping/series_mapper.hpp"

#include <xxhash.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/assert.hpp"
#include "base/text/utf8.hpp"

namespace weir {
namespace {

/// What an entry costs beside its texts, about.
constexpr std::size_t entry_bytes = 200;
constexpr std::string_view reserved_prefix = "tag_";
/// Of points that were series: the one field that they have.
constexpr std::string_view exact_field = "value";

bool has_escapes(std::string_view raw) {
  return raw.find('\\') != std::string_view::npos;
}

bool is_sorted_and_apart(std::span<const label_view> labels) {
  return std::adjacent_find(labels.begin(), labels.end(), [](const auto& one, const auto& next) {
           return one.name >= next.name;
         }) == labels.end();
}

}  // namespace

std::size_t series_mapper::text_hash::operator()(std::string_view text) const noexcept {
  return XXH3_64bits(text.data(), text.size());
}

void series_mapper::begin(std::string_view database, std::string_view policy) {
  if (cache_bytes_ > cache_bytes_max) {
    databases_.clear();
    cache_bytes_ = 0;
  }
  auto found = databases_.find(database);
  if (found == databases_.end()) {
    found = databases_.emplace(database, database_entry{}).first;
    found->second.name = database;
    found->second.value = valid_utf8(database);
    found->second.exact = rules_.is_exact(database);
    cache_bytes_ += 3 * database.size() + entry_bytes;
  }
  database_ = &found->second;
  policy_ = policy;
  point_ = nullptr;
  measurement_ = nullptr;
}

void series_mapper::take(const point_view& point) {
  WEIR_ASSERT(database_ != nullptr);
  point_ = &point;
  if (measurement_ == nullptr || measurement_->raw != point.measurement) {
    measurement_ = &measurement_of(point);
  }
  form_ = rules_.form_of(point);
  labels_made_ = false;
  texts_used_ = 0;
}

series_mapper::measurement_entry& series_mapper::measurement_of(const point_view& point) {
  auto found = database_->measurements.find(point.measurement);
  if (found == database_->measurements.end()) {
    measurement_entry made;
    made.raw = point.measurement;
    unescape_measurement(point.measurement, made.name);
    cache_bytes_ += 3 * made.raw.size() + entry_bytes;
    found = database_->measurements.emplace(made.raw, std::move(made)).first;
  }
  return found->second;
}

const mapped_field& series_mapper::field(std::size_t index) {
  std::vector<const field_entry*>& last = measurement_->last_fields;
  const std::string_view key = point_->fields[index].key;
  if (index < last.size() && last[index] != nullptr && last[index]->key == key &&
      last[index]->form == form_) {
    return last[index]->mapped;
  }
  if (index >= last.size()) {
    cache_bytes_ += (index + 1 - last.size()) * sizeof(last[0]);
    last.resize(index + 1, nullptr);
  }
  last[index] = &make_field(key);
  return last[index]->mapped;
}

/// Finds or makes it.
const series_mapper::field_entry& series_mapper::make_field(std::string_view key) {
  std::string sought(key);
  sought += static_cast<char>(form_);
  if (const auto known = measurement_->fields.find(sought); known != measurement_->fields.end()) {
    return known->second;
  }
  std::string name;
  unescape_field_key(key, name);
  // The label "quantile" of an exact database is a tag's.
  const bool no_quantiles = database_->exact && form_ == point_form::flink_histogram;
  const field_meaning meaning = database_->exact && name == exact_field
                                    ? mapping_rules::exact_meaning(measurement_->name)
                                    : rules_.meaning_of(database_->name, measurement_->name, name,
                                                        no_quantiles ? point_form::plain : form_);
  const name_owner owner{.space = rules_.space(),
                         .database = rules_.parts_databases() ? database_->name : std::string{},
                         .kind = name_kind::of_series,
                         .first = measurement_->name,
                         .second = meaning.owner};
  given_name given = names_->name(owner, [&](std::string_view suffix) {
    return written_name(meaning.text + std::string(suffix), name_kind::of_series, rules_.letters());
  });
  const std::size_t limit = rules_.settings().label_value_bytes;
  field_entry made{std::string(key), form_, {}};
  made.mapped.type = rules_.type_of(given.text, meaning.type);
  made.mapped.quantile = meaning.quantile;
  made.mapped.form = given.form;
  made.mapped.name =
      given.text.size() > limit ? cut_with_hash(given.text, limit) : std::move(given.text);
  cache_bytes_ += 2 * key.size() + made.mapped.name.size() + entry_bytes;
  return measurement_->fields.emplace(std::move(sought), std::move(made)).first->second;
}

std::string series_mapper::label_name(std::string_view key, label_source source) {
  const std::string of = source == label_source::tag ? "" : "field";
  const auto written = [this](const std::string& text) {
    return written_name(text, name_kind::of_label, rules_.letters());
  };
  name_owner owner{.space = rules_.space(),
                   .database = rules_.parts_databases() ? database_->name : std::string{},
                   .kind = name_kind::of_label,
                   .first = std::string(key),
                   .second = of};
  std::string name = written(owner.first);
  // A tag has another name once its own is reserved: so it is another owner then. The names that
  // are made so may be reserved as well.
  for (bool asked = false; !asked || rules_.is_reserved(name, source, database_->exact);) {
    while (rules_.is_reserved(name, source, database_->exact)) {
      owner.first.insert(0, reserved_prefix);
      owner.second = of + "reserved";
      name = written(owner.first);
    }
    name = names_
               ->name(owner,
                      [&](std::string_view suffix) {
                        return written(owner.first + std::string(suffix));
                      })
               .text;
    asked = true;
  }
  const std::size_t limit = rules_.settings().label_name_bytes;
  return name.size() > limit ? cut_with_hash(name, limit) : name;
}

const series_mapper::tag_entry& series_mapper::tag_of(std::string_view key) {
  if (const auto known = database_->tags.find(key); known != database_->tags.end()) {
    return known->second;
  }
  tag_entry made;
  made.key = key;
  std::string raw;
  unescape_tag(key, raw);
  made.dropped = rules_.drops(raw);
  if (!made.dropped) {
    made.name = label_name(raw, label_source::tag);
  }
  cache_bytes_ += 3 * key.size() + made.name.size() + entry_bytes;
  return database_->tags.emplace(made.key, std::move(made)).first->second;
}

const series_mapper::tag_entry& series_mapper::string_of(std::string_view key) {
  if (const auto known = database_->strings.find(key); known != database_->strings.end()) {
    return known->second;
  }
  tag_entry made;
  made.key = key;
  std::string raw;
  unescape_field_key(key, raw);
  made.dropped = !rules_.makes_label(raw);
  if (!made.dropped) {
    made.name = label_name(raw, label_source::string_field);
  }
  cache_bytes_ += 3 * key.size() + made.name.size() + entry_bytes;
  return database_->strings.emplace(made.key, std::move(made)).first->second;
}

std::span<const label_view> series_mapper::labels() {
  if (!labels_made_) {
    labels_made_ = true;
    match_tags();
    gather_labels();
    sort_labels();
    if (rules_.settings().labels != 0) {
      cut_surplus();
    }
    WEIR_ASSERT(is_sorted_and_apart(labels_));
  }
  return labels_;
}

/// Compares the tags' keys with those of the measurement's last line, position by position.
void series_mapper::match_tags() {
  measurement_entry& entry = *measurement_;
  const std::span<const tag_view> tags = point_->tags;
  if (entry.last_tags.size() != tags.size()) {
    entry.ordered = false;
    if (tags.size() > entry.last_tags.capacity()) {
      cache_bytes_ += tags.size() * (sizeof(entry.last_tags[0]) + sizeof(entry.order[0]));
    }
    entry.last_tags.resize(tags.size(), nullptr);
  }
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const tag_entry*& last = entry.last_tags[i];
    if (last == nullptr || last->key != tags[i].key) {
      last = &tag_of(tags[i].key);
      entry.ordered = false;
    }
  }
  if (entry.ordered_with_policy == policy_.empty()) {
    entry.ordered_with_policy = !policy_.empty();
    entry.ordered = false;
  }
  if (!entry.ordered) {
    entry.has_database_tag =
        std::any_of(entry.last_tags.begin(), entry.last_tags.end(), [this](const tag_entry* tag) {
          return !tag->dropped && tag->name == rules_.settings().database_label;
        });
  }
}

void series_mapper::gather_labels() {
  all_.clear();
  // One look at the line instead of one at each value.
  const bool utf8 = is_utf8(point_->series);
  for (std::size_t i = 0; i < point_->tags.size(); ++i) {
    const tag_entry& tag = *measurement_->last_tags[i];
    if (!tag.dropped) {
      all_.push_back({tag.name, value_text(point_->tags[i].value, utf8)});
    }
  }
  add_constant_labels();
  if (rules_.has_string_labels()) {
    add_string_labels();
  }
}

void series_mapper::add_constant_labels() {
  const mapping_settings& settings = rules_.settings();
  if (!settings.database_label.empty() && !database_->exact) {
    const std::string_view name = measurement_->has_database_tag
                                      ? mapping_rules::other_database_label
                                      : std::string_view(settings.database_label);
    all_.push_back({name, in_limit(database_->value)});
  }
  if (!settings.policy_label.empty() && !policy_.empty()) {
    all_.push_back({settings.policy_label, in_limit(kept(valid_utf8(policy_)))});
  }
  for (const auto& [name, value] : rules_.external()) {
    all_.push_back({name, in_limit(value)});
  }
}

void series_mapper::add_string_labels() {
  for (const field_view& field : point_->fields) {
    if (field.type != field_type::string || field.string_text().empty()) {
      continue;
    }
    const tag_entry& label = string_of(field.key);
    if (label.dropped) {
      continue;
    }
    std::string value;
    unescape_string(field.string_text(), value);
    all_.push_back({label.name, in_limit(kept(valid_utf8(value)))});
  }
  // Others may be there the next time.
  measurement_->ordered = false;
}

void series_mapper::sort_labels() {
  std::vector<std::uint32_t>& order = measurement_->order;
  if (!measurement_->ordered) {
    order.resize(all_.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      order[i] = i;
    }
    std::sort(order.begin(), order.end(), [this](std::uint32_t one, std::uint32_t other) {
      return std::tie(all_[one].name, one) < std::tie(all_[other].name, other);
    });
    drop_repeated(order);
    measurement_->ordered = true;
  }
  labels_.clear();
  for (const std::uint32_t at : order) {
    labels_.push_back(all_[at]);
  }
}

/// Two names are one only where somebody found texts with one hash, or a line has a field twice; a
/// Prometheus answers a request with one label twice 500 for ever.
void series_mapper::drop_repeated(std::vector<std::uint32_t>& order) {
  const auto same = [this](std::uint32_t one, std::uint32_t next) {
    return all_[one].name == all_[next].name;
  };
  const auto rest = std::unique(order.begin(), order.end(), same);
  cut_labels_ += static_cast<std::uint64_t>(order.end() - rest);
  order.erase(rest, order.end());
}

/// Takes out the tags that are last in order if there are too many labels, and puts a hash of them
/// in, so that series stay apart.
void series_mapper::cut_surplus() {
  // Beside the name, and a quantile.
  const std::size_t most =
      rules_.settings().labels - (form_ == point_form::flink_histogram ? 2U : 1U);
  if (labels_.size() <= most) {
    return;
  }
  std::string cut;
  std::size_t surplus = labels_.size() - (most - 1);
  const auto is_constant = [this](const label_view& label) {
    return rules_.is_reserved(label.name, label_source::string_field, false);
  };
  for (std::size_t i = labels_.size(); i-- > 0 && surplus > 0;) {
    if (!is_constant(labels_[i])) {
      cut.append(labels_[i].name).append(1, '\0').append(labels_[i].value).append(1, '\0');
      labels_.erase(labels_.begin() + static_cast<std::ptrdiff_t>(i));
      --surplus;
      ++cut_labels_;
    }
  }
  const label_view hash{mapping_rules::cut_label, kept(hash_digits(cut, 16))};
  labels_.insert(std::lower_bound(labels_.begin(), labels_.end(), hash,
                                  [](const label_view& one, const label_view& other) {
                                    return one.name < other.name;
                                  }),
                 hash);
}

std::string_view series_mapper::kept(std::string text) {
  if (texts_used_ == texts_.size()) {
    texts_.emplace_back();
  }
  std::string& place = texts_[texts_used_++];
  place = std::move(text);
  return place;
}

std::string_view series_mapper::value_text(std::string_view raw, bool utf8) {
  std::string_view text = raw;
  if (has_escapes(raw)) {
    std::string value;
    unescape_tag(raw, value);
    text = kept(std::move(value));
  }
  if (!utf8 && !is_utf8(text)) {
    text = kept(valid_utf8(text));
  }
  if (rules_.filters_values(database_->exact) && !is_filtered_value(text)) {
    text = kept(filtered_value(text));
  }
  return in_limit(text);
}

std::string_view series_mapper::in_limit(std::string_view value) {
  const std::size_t limit = rules_.settings().label_value_bytes;
  if (value.size() <= limit) {
    return value;
  }
  ++cut_labels_;
  return kept(cut_with_hash(value, limit));
}

}  // namespace weir
