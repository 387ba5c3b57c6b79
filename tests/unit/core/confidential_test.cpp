#include "core/confidential.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

Confidential of_hook() {
  Confidential out;
  out.add_address("https://hooks.example/services/T0000/B0000/XyZsecret123?key=0a1b2c3d-4e5f&v=1");
  out.add_secret("to ken");
  return out;
}

TEST(Confidential, AFarEndThatRepeatsWhatItWasAskedTellsNothing) {
  const auto hook = of_hook();
  EXPECT_EQ(hook.taken_out_of("Cannot POST /services/T0000/B0000/XyZsecret123"), "Cannot POST [...]");
  EXPECT_EQ(hook.taken_out_of("no route to /services/T0000/B0000/XyZsecret123?key=0a1b2c3d-4e5f&v=1!"),
            "no route to [...][...]!");
  for (const auto* text :
       {R"({"path":"\/services\/T0000\/B0000\/XyZsecret123"})", "/services/T0000/B0000/XyZsecret123/?key=..",
        "<pre>?key=0a1b2c3d-4e5f&amp;v=1</pre>", "Location: %2Fservices%2FT0000%2FB0000%2FXyZsecret123",
        "token 'to ken' is unknown", "?access_token=to%20ken"}) {
    const auto told = hook.taken_out_of(text);
    for (const auto* secret : {"XyZsecret123", "0a1b2c3d-4e5f", "to ken", "to%20ken"})
      EXPECT_EQ(told.find(secret), std::string::npos) << told;
  }
}

TEST(Confidential, WhatIsCutOffAtTheEndIsTakenOutTooButForThreeBytes) {
  EXPECT_EQ(of_hook().taken_out_of("Cannot POST /services/T0000/B00"), "Cannot POST [...]");
  EXPECT_EQ(of_hook().taken_out_of("unknown: XyZsec"), "unknown: [...]");
}

TEST(Confidential, WordsThatSayWhatIsWrongStay) {
  Confidential sink;
  sink.add_address("http://tsdb.example/write?db=energy&precision=ms");
  sink.add_secret("abc");
  EXPECT_EQ(sink.taken_out_of(R"(404: database not found: "energy")"), R"(404: database not found: "energy")");
  EXPECT_EQ(sink.taken_out_of("may not write to abc"), "may not write to abc");
  Confidential plain;
  plain.add_address("http://10.0.0.5:8086/");
  EXPECT_EQ(plain.taken_out_of("POST / 404"), "POST / 404");
}

TEST(Confidential, AnAddressIsShownWithoutWhatMayBeASecret) {
  EXPECT_EQ(host_of_address("htps://hooks.example:8443/services/T/B/S?key=x"), "htps://hooks.example:8443");
  EXPECT_EQ(host_of_address("hooks.example/services/T/B/S"), "hooks.example");
  EXPECT_EQ(host_of_address("https://hooks.example?key=x"), "https://hooks.example");
  EXPECT_EQ(host_of_address("h:8086"), "h:8086");
  EXPECT_EQ(without_query("https://tsdb.example/in?db=e&precision=ms"), "https://tsdb.example/in");
  EXPECT_EQ(without_query("https://tsdb.example/in"), "https://tsdb.example/in");
}

}  // namespace
}  // namespace gateway
