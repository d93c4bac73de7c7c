// SPDX-License-Identifier: Apache-2.0
#include "push/groups_file_posix.hpp"

#include "push/groups_text.hpp"

namespace weir::push {
namespace {

result<std::string> read_file(const std::string& path, file_system& files) {
  const file_handle file(files, files.open_to_read(path));
  if (!file.open()) {
    return file_failure("read", path, file.error());
  }
  const std::int64_t size = file.size();
  std::string text(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  const std::int64_t bytes = file.read_fully({text.data(), text.size()}, 0);
  if (bytes < 0) {
    return file_failure("read", path, bytes);
  }
  text.resize(static_cast<std::size_t>(bytes));
  return text;
}

}  // namespace

std::string groups_file::load(group_table& into, const lifetime_terms& terms, const moment& now) {
  auto is = entry_kind::missing;
  if (path_.empty() || files_.kind(path_, is) != 0 || is == entry_kind::missing) {
    return {};
  }
  const auto text = read_file(path_, files_);
  if (!text) {
    return text.error().message + ": the groups that jobs pushed before are not known";
  }
  auto read = read_records(text.value());
  if (!read) {
    const std::string aside = path_ + ".damaged";
    static_cast<void>(files_.rename(path_, aside));
    return path_ + " is no file of pushed groups and is now " + aside +
           ": groups come back when their jobs push again";
  }
  for (group& each : read->groups) {
    const time_to_live left = ttl_left(each, now.wall, terms.least_ns);
    into.restore(std::move(each), left, terms, now);
  }
  saved_version_ = into.version();
  return read->damaged == 0 ? std::string{}
                            : std::to_string(read->damaged) + " pushed group(s) in " + path_ +
                                  " were damaged: they come back when their jobs push again";
}

outcome groups_file::save(const group_table& from) {
  const std::uint64_t version = from.version();
  if (path_.empty() || version == saved_version_) {
    return nothing{};
  }
  auto file = replacement_file::create(path_, files_);
  if (!file) {
    return file.error();
  }
  if (auto head = file.value().append(groups_file_head); !head) {
    return head;
  }
  std::string record;
  for (const auto& each : from.all()) {
    record.clear();
    append_record(*each, record);
    if (auto added = file.value().append(record); !added) {
      return added;
    }
  }
  if (auto placed = file.value().take_place(durability::process); !placed) {
    return placed.error();
  }
  saved_version_ = version;
  return nothing{};
}

}  // namespace weir::push
