// SPDX-License-Identifier: Apache-2.0
//
// No byte past a piece's end, or before its beginning, is read: the bytes around it are unmapped.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "cases.hpp"

namespace weir::test {
namespace {

class guarded_pages {
 public:
  guarded_pages() : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    void* const memory = mmap(nullptr, 3 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    base_ = memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
    if (base_ != nullptr && mprotect(base_ + page_, page_, PROT_READ | PROT_WRITE) != 0) {
      base_ = nullptr;
    }
  }
  ~guarded_pages() { munmap(base_, 3 * page_); }
  guarded_pages(const guarded_pages&) = delete;
  guarded_pages& operator=(const guarded_pages&) = delete;

  [[nodiscard]] bool ready() const { return base_ != nullptr; }
  std::string_view at_the_end(std::string_view bytes) {
    char* const place = base_ + 2 * page_ - bytes.size();
    std::memcpy(place, bytes.data(), bytes.size());
    return {place, bytes.size()};
  }
  std::string_view at_the_beginning(std::string_view bytes) {
    std::memcpy(base_ + page_, bytes.data(), bytes.size());
    return {base_ + page_, bytes.size()};
  }

 private:
  std::size_t page_;
  char* base_ = nullptr;
};

std::vector<outcome> read_in_place(std::string_view body) {
  observed found;
  line_reader reader;
  reader.feed(body);
  drain(reader, found);
  reader.finish();
  drain(reader, found);
  return found.lines;
}

TEST(GuardPage, NoByteOutsideAPieceIsRead) {
  guarded_pages pages;
  ASSERT_TRUE(pages.ready());
  for (const line_case& each : line_cases) {
    for (const char* after : {"", "\n", "\r\n", "\nm,t=a f=1i,g=\"x\",h=1.5 17"}) {
      const std::string body = std::string{each.body} + after;
      const std::vector<outcome> expected = observe({body}).lines;
      EXPECT_EQ(read_in_place(pages.at_the_end(body)), expected);
      EXPECT_EQ(read_in_place(pages.at_the_beginning(body)), expected);
    }
  }
}

TEST(GuardPage, EveryTruncation) {
  guarded_pages pages;
  ASSERT_TRUE(pages.ready());
  const std::string body =
      "m\\,x,t=\xc3\xa9 f=1,g=-2i,h=\"a\\\"b\",i=true,j=1.5e3,k=7u 1586844081000000000\r\n";
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const std::string part = body.substr(0, size);
    EXPECT_EQ(read_in_place(pages.at_the_end(part)), observe({part}).lines) << size;
  }
}

}  // namespace
}  // namespace weir::test
