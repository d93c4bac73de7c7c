// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the dead letters share: directories, letters, and a disk that refuses.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "letters/letter_segments.hpp"
#include "letters/letter_store.hpp"
#include "unit/files/forwarding_files.hpp"
#include "unit/metric_values.hpp"

namespace weir {

constexpr std::int64_t letters_now = 1'700'000'000'000'000'000;

class letters_directory_test : public ::testing::Test {
 protected:
  letters_directory_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-letters-XXXXXX").string();
    directory_ = std::string(::mkdtemp(pattern.data())) + "/letters";
  }
  ~letters_directory_test() override {
    std::filesystem::remove_all(std::filesystem::path(directory_).parent_path());
  }

  /// Paths of the segments, oldest first.
  [[nodiscard]] std::vector<std::string> segments() const {
    const auto ids = list_letter_segments(posix_file_system(), directory_);
    EXPECT_TRUE(ids.ok());
    std::vector<std::string> paths;
    for (const std::uint64_t id : ids.value()) {
      paths.push_back(directory_ + "/" + letter_segment_name(id));
    }
    return paths;
  }
  /// Every letter that is there, and how many lines were none.
  [[nodiscard]] std::vector<letter> read(std::uint64_t damaged = 0) const {
    std::vector<letter> all;
    const auto scanned = scan_letters(posix_file_system(), directory_, [&](letter& each) {
      all.push_back(each);
      return true;
    });
    EXPECT_TRUE(scanned.ok());
    EXPECT_EQ(scanned.ok() ? scanned.value().damaged : 0, damaged);
    return all;
  }
  [[nodiscard]] std::unique_ptr<letter_store> open(std::uint64_t keep = std::uint64_t{1} << 20,
                                                   file_system* files = nullptr) const {
    auto opened = letter_store::open({.directory = directory_, .keep = keep},
                                     files == nullptr ? posix_file_system() : *files);
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    return opened.ok() ? std::move(opened).value() : nullptr;
  }

  std::string directory_;
};

inline letter_batch batch_of(const std::vector<std::string>& texts,
                             const std::string& database = "db") {
  letter_batch made{.header = {.received_ns = letters_now,
                               .listener = "http",
                               .dialect = "v1",
                               .address = "192.0.2.1:4711",
                               .user = "ann",
                               .agent = "Telegraf/1.39",
                               .database = database,
                               .retention_policy = "",
                               .unit_ns = 1}};
  std::uint64_t line = 0;
  for (const std::string& text : texts) {
    made.lines.push_back(
        {.code = "missing_fields", .line = ++line, .message = "missing fields", .text = text});
  }
  return made;
}

template <class source>
double letter_metric(const source& from, const std::string& name) {
  metric_values collected;
  from.collect(collected);
  return collected.values[name];
}

/// The real files, but writing fails at will. One thread, or set up before others start.
class refusing_files final : public forwarding_files {
 public:
  enum class fault : std::uint8_t { none, refuse, half };

  fault writes = fault::none;
  bool refuse_truncate = false;
  bool refuse_create = false;
  bool refuse_remove = false;

  int create(const std::string& path, file_access access) override {
    return refuse_create ? -EIO : real_.create(path, access);
  }
  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override {
    if (writes == fault::none) {
      return real_.write_at(descriptor, pieces, offset);
    }
    if (writes == fault::refuse || halved_) {
      halved_ = false;
      return -ENOSPC;
    }
    halved_ = true;
    const std::string_view half = pieces[0].substr(0, pieces[0].size() / 2);
    return real_.write_at(descriptor, std::span(&half, 1), offset);
  }
  int truncate(int descriptor, std::uint64_t size) override {
    return refuse_truncate ? -EIO : real_.truncate(descriptor, size);
  }
  int remove(const std::string& path) override {
    return refuse_remove ? -EACCES : real_.remove(path);
  }

 private:
  bool halved_ = false;
};

}  // namespace weir
