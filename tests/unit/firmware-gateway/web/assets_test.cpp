#include "firmware-gateway/web/assets.hpp"

#include <array>

#include <gtest/gtest.h>
#include <zlib.h>

namespace gateway {
namespace {

std::string gzipped(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string sized(std::string_view bytes) {
  std::string out;
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(bytes.size() >> shift & 0xFF);
  return out.append(bytes);
}

EmbeddedFile file(std::string_view name, std::string_view bytes) {
  return {name, bytes.data(), bytes.data() + bytes.size()};
}

HttpRequest get(std::string target, std::string accept = "gzip, deflate, br") {
  HttpRequest request;
  request.target = std::move(target);
  request.accept_encoding = std::move(accept);
  return request;
}

class AssetsTest : public testing::Test {
 protected:
  std::string index = gzipped("<html>一</html>");
  std::string script = gzipped("let a = 1;");
  std::string pack = sized("index.html.gz") + sized(index) + sized("assets/app-1a2b.js.gz") + sized(script);
  std::array<EmbeddedFile, 1> files{file("dashboard.pack", pack)};
  Assets assets{files};
};

TEST_F(AssetsTest, TheRootIsTheIndexPage) {
  const auto response = assets.respond(get("/"));
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(response.header("Content-Encoding"), "gzip");
  EXPECT_EQ(response.content(), index);
  EXPECT_EQ(assets.respond(get("/index.html?x=1")).content(), index);
}

TEST_F(AssetsTest, ClientsWithoutGzipGetItInflated) {
  for (const auto* accept : {"", "identity", "gzip;q=0", "gzip; q=0.0, br"}) {
    const auto response = assets.respond(get("/", accept));
    EXPECT_EQ(response.content(), "<html>一</html>") << accept;
    EXPECT_EQ(response.header("Content-Encoding"), "");
    EXPECT_EQ(response.header("Vary"), "Accept-Encoding");
  }
  EXPECT_EQ(assets.respond(get("/", "gzip;q=0.5")).header("Content-Encoding"), "gzip");
}

TEST_F(AssetsTest, HashedNamesAreKeptForEverAndThePageIsAskedForAgain) {
  EXPECT_EQ(assets.respond(get("/assets/app-1a2b.js")).header("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(assets.respond(get("/")).header("Cache-Control"), "no-cache");
}

TEST_F(AssetsTest, WhatTheClientHasIsNotSentAgain) {
  const std::string tag{assets.respond(get("/")).header("ETag")};
  ASSERT_FALSE(tag.empty());
  for (const auto& header : {tag, "\"x\", W/" + tag, std::string{"*"}}) {
    auto request = get("/");
    request.if_none_match = header;
    const auto response = assets.respond(request);
    EXPECT_EQ(response.status, 304U) << header;
    EXPECT_EQ(response.content(), "");
  }
  auto request = get("/", "identity");  // the inflated form is another one
  request.if_none_match = tag;
  EXPECT_EQ(assets.respond(request).status, 200U);
}

TEST_F(AssetsTest, PathsThatClimbFindNothing) {
  for (const auto* target : {"/../etc/passwd", "/assets/../index.html", "/%2e%2e/etc/passwd", "/assets/", "//", "",
                             "/assets/app-1a2b.js.gz", "/INDEX.HTML", "/index.html/"})
    EXPECT_EQ(assets.respond(get(target)).status, 404U) << target;
}

TEST_F(AssetsTest, APackThatEndsEarlyServesWhatIsWhole) {
  for (std::size_t size = 0; size < pack.size(); ++size) {
    const std::array cut{file("dashboard.pack", std::string_view{pack}.substr(0, size))};
    EXPECT_LE(Assets{cut}.size(), 2U);
  }
}

TEST_F(AssetsTest, ADamagedFileIsAnErrorNotACrash) {
  const std::string rubbish = "\x1f\x8b rubbish";
  const std::array damaged{file("index.html.gz", rubbish)};
  EXPECT_EQ(Assets{damaged}.respond(get("/", "identity")).status, 500U);
}

TEST_F(AssetsTest, FilesThatAreNotGzippedAreServedAsTheyAre) {
  const std::array plain{file("index.html", "<html></html>")};
  const auto response = Assets{plain}.respond(get("/"));
  EXPECT_EQ(response.content(), "<html></html>");
  EXPECT_EQ(response.header("Content-Encoding"), "");
}

}  // namespace
}  // namespace gateway
