// SPDX-License-Identifier: Apache-2.0
//
// The schema reader's thread against a real socket.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "unit/net/http_server.hpp"
#include "upstream/schema_reader.hpp"

namespace weir {
namespace {

TEST(schema_reader_thread, reads_and_can_be_stopped_in_the_middle_of_a_question) {
  std::mutex lock;
  std::condition_variable changed;
  int asked = 0;
  bool release = false;
  http_server server([&](const http_server::request&) {
    std::unique_lock hold(lock);
    ++asked;
    changed.notify_all();
    if (asked > 1) {
      changed.wait(hold, [&] { return release; });
    }
    return http_server::response{
        200, "",
        R"({"results":[{"series":[{"columns":["name","duration","default"],)"
        R"("values":[["autogen","1h0m0s",true]]}]}]})"};
  });
  sink_settings settings;
  settings.name = "influx";
  settings.url = server.url();
  std::string published;
  schema_reader_parts parts;
  parts.databases = [] { return std::vector<std::string>{"a", "b"}; };
  parts.publish = [&](const upstream_schema& table) {
    const std::lock_guard hold(lock);
    published = table.text();
  };
  schema_reader_thread reader(settings, std::move(parts), {});
  {
    std::unique_lock hold(lock);
    changed.wait(hold, [&] { return asked == 2; });
    EXPECT_NE(published.find("=a =autogen 1 3600000000000\n"), std::string::npos);
  }
  reader.stop();  // while the server thinks about the second question
  {
    const std::lock_guard hold(lock);
    release = true;
  }
  changed.notify_all();
}

}  // namespace
}  // namespace weir
