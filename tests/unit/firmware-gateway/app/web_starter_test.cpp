#include "firmware-gateway/app/web_starter.hpp"

#include <fstream>
#include <sstream>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "tests/support/store_site.hpp"
#include "tests/support/web_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

class WebStarterTest : public testing::Test {
 protected:
  WebStarterTest() {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  }
  ~WebStarterTest() override { spdlog::set_default_logger(before); }

  WebStarter::Make make() {
    return [this] {
      ++made;
      return std::make_unique<WebServer>(io, web.site, web.sources, std::span<const EmbeddedFile>{}, WebLimits{},
                                         WebAccess{folder.path() / "users"});
    };
  }
  // Ten seconds as the network thread spends them.
  void ten_seconds(WebStarter& starter) {
    for (int i = 0; i < 10; ++i) starter.look(now += 1s);
  }
  [[nodiscard]] std::size_t times_said(std::string_view words) const {
    const auto text = log.str();
    std::size_t times = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++times;
    return times;
  }

  std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  std::ostringstream log;
  test::TemporaryFolder folder;
  test::WebFixture web;
  boost::asio::io_context io{1};
  int made = 0;
  MonotonicTime now{1000s};
};

TEST_F(WebStarterTest, APortThatIsTakenIsSaidOnceWithWhatWouldMendItAndTakenWhenItIsFree) {
  boost::asio::io_context elsewhere;
  tcp::acceptor other{elsewhere, {boost::asio::ip::address_v4::loopback(), 0}};
  web.site.web.port = other.local_endpoint().port();
  WebStarter starter{web.site.web, make()};
  EXPECT_EQ(starter.served(), std::nullopt);
  starter.begin(now);
  EXPECT_EQ(starter.served(), false);
  EXPECT_EQ(starter.address(), "not served yet");
  for (int i = 0; i < 5; ++i) ten_seconds(starter);
  EXPECT_EQ(made, 6) << "one try in ten seconds";
  EXPECT_EQ(times_said("can't be served"), 1U) << log.str();
  EXPECT_EQ(times_said("another program has port"), 1U) << log.str();
  other.close();
  ten_seconds(starter);
  EXPECT_EQ(starter.served(), true);
  EXPECT_EQ(starter.address(), "http://127.0.0.1:" + std::to_string(web.site.web.port) + "/");
  EXPECT_EQ(times_said("is served now: " + starter.address()), 1U) << log.str();
  ten_seconds(starter);
  EXPECT_EQ(made, 7) << "a server that runs is left alone";
}

TEST_F(WebStarterTest, AListOfUsersThatWasDamagedIsReadAnewAndMeanwhileNobodyIsLetIn) {
  std::ofstream{folder.path() / "users"} << "rubbish\n";
  WebStarter starter{web.site.web, make()};
  starter.begin(now);
  EXPECT_EQ(starter.served(), false);
  EXPECT_EQ(times_said("users:1"), 1U) << log.str();
  std::filesystem::remove(folder.path() / "users");
  ten_seconds(starter);
  EXPECT_EQ(starter.served(), true);
}

TEST_F(WebStarterTest, ANameServerThatIsAwayHoldsUpNobodyAndItsAnswerIsTakenWhenItComes) {
  web.site.web.host = "gateway.example";
  std::promise<void> answers;
  int asked = 0;
  WebStarter starter{
      web.site.web, make(),
      [&asked, answer = answers.get_future().share()](const std::string& host) -> Expected<std::vector<std::string>> {
        ++asked;
        answer.wait();
        return std::vector<std::string>{host == "gateway.example" ? "127.0.0.1" : ""};
      },
      0ms};
  starter.begin(now);
  EXPECT_EQ(starter.served(), std::nullopt) << "it may come any moment";
  for (int i = 0; i < 3; ++i) ten_seconds(starter);
  EXPECT_EQ(starter.served(), false);
  EXPECT_EQ(times_said("look up gateway.example"), 1U) << log.str();
  answers.set_value();
  for (int i = 0; i < 10'000 && starter.served() != true; ++i) {
    std::this_thread::yield();
    starter.look(now);
  }
  EXPECT_EQ(starter.served(), true);
  EXPECT_EQ(asked, 1) << "one look-up at a time";
}

TEST_F(WebStarterTest, AnAddressThatIsNotThereYetAndAKeyThatCanNotBeReadAreToldWithTheirRemedy) {
  web.site.web.host = "192.0.2.1";  // TEST-NET: never a local address
  std::ofstream{folder.path() / "users"} << "# one that logs in\nli:viewer:$argon2id$x\n";
  WebStarter nowhere{web.site.web, make()};
  nowhere.begin(now);
  EXPECT_EQ(times_said("this box does not have 192.0.2.1 (yet)"), 1U) << log.str();
  web.site.web.host = "127.0.0.1";
  web.site.web.certificate = folder.path() / "none.pem";
  web.site.web.key = folder.path() / "none-key.pem";
  WebStarter keyless{web.site.web, make()};
  keyless.begin(now);
  EXPECT_EQ(times_said("none.pem"), 1U) << log.str();
  EXPECT_EQ(times_said("readable for the group"), 1U) << log.str();
  Web privileged;
  privileged.port = 443;
  EXPECT_NE(remedy_for({make_error_code(std::errc::permission_denied), "listen on 0.0.0.0 port 443"}, privileged)
                .find("net.ipv4.ip_unprivileged_port_start=443"),
            std::string::npos);
}

}  // namespace
}  // namespace gateway
