#include "net/http2_session.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "net/session_harness.h"

namespace vivace::net {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string Frame(unsigned type, unsigned flags, unsigned stream, std::string_view payload) {
  std::string frame;
  for (const unsigned shift : {16U, 8U, 0U}) {
    frame.push_back(static_cast<char>((payload.size() >> shift) & 0xffU));
  }
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    frame.push_back(static_cast<char>((stream >> shift) & 0xffU));
  }
  return frame.append(payload);
}

constexpr unsigned kEndStream = NGHTTP2_FLAG_END_STREAM;
constexpr unsigned kEndHeaders = NGHTTP2_FLAG_END_HEADERS;

std::string Settings() { return Frame(NGHTTP2_SETTINGS, 0, 0, ""); }

// HPACK without the dynamic table: GET http / from the static table, and a literal field.
std::string Get(std::string_view path, std::string_view extra = "") {
  std::string block = "\x82\x86\x01\x01h";  // :method GET, :scheme http, :authority h
  block.push_back('\x04');                  // :path, literal, not indexed
  block.push_back(static_cast<char>(path.size()));
  block.append(path).append(extra);
  return block;
}
std::string Post(std::string_view path) {
  std::string block = Get(path);
  block[0] = '\x83';
  return block;
}
std::string LiteralField(std::string_view name, std::size_t value_size) {
  std::string field = "\x10";
  field.push_back(static_cast<char>(name.size()));
  field.append(name);
  // HPACK integer with a 7-bit prefix (RFC 7541 section 5.1).
  if (value_size < 127) {
    field.push_back(static_cast<char>(value_size));
  } else {
    field.push_back('\x7f');
    std::size_t rest = value_size - 127;
    while (rest >= 128) {
      field.push_back(static_cast<char>(rest % 128 + 128));
      rest /= 128;
    }
    field.push_back(static_cast<char>(rest));
  }
  return field.append(value_size, 'v');
}

struct SentFrame {
  unsigned type = 0;
  unsigned flags = 0;
  unsigned stream = 0;
  std::string payload;
};

std::vector<SentFrame> Frames(std::string_view bytes) {
  std::vector<SentFrame> frames;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  while (bytes.size() >= 9) {
    const std::size_t size = (byte(0) * 256U + byte(1)) * 256U + byte(2);
    SentFrame frame{byte(3), byte(4),
                    ((byte(5) * 256U + byte(6)) * 256U + byte(7)) * 256U + byte(8),
                    std::string(bytes.substr(9, size))};
    frames.push_back(std::move(frame));
    bytes.remove_prefix(9 + size);
  }
  EXPECT_TRUE(bytes.empty());
  return frames;
}

// The error code of the GOAWAY among `frames`, -1 if there is none.
int GoawayCode(const std::vector<SentFrame>& frames) {
  for (const SentFrame& frame : frames) {
    if (frame.type == NGHTTP2_GOAWAY) return static_cast<unsigned char>(frame.payload[7]);
  }
  return -1;
}
int ResetCode(const std::vector<SentFrame>& frames, unsigned stream) {
  for (const SentFrame& frame : frames) {
    if (frame.type == NGHTTP2_RST_STREAM && frame.stream == stream) {
      return static_cast<unsigned char>(frame.payload[3]);
    }
  }
  return -1;
}
bool Answered(const std::vector<SentFrame>& frames, unsigned stream) {
  for (const SentFrame& frame : frames) {
    if (frame.type == NGHTTP2_HEADERS && frame.stream == stream) return true;
  }
  return false;
}

// A session whose handler of GET /hang leaves its requests to the test.
struct Http2Holder {
  explicit Http2Holder(Limits limits = {}) : session(&MakeHttp2Session, MakeRouter(), limits) {
    session.Feed(std::string(kPreface) + Settings());
  }
  ~Http2Holder() { hanging.clear(); }
  Router MakeRouter() {
    Router router;
    router.Handle("GET", "/hang", "hang",
                  [this](HttpRequest, HttpResponder responder) { hanging.push_back(responder); });
    router.Handle("GET", "/", "root", [](HttpRequest, HttpResponder responder) {
      responder.Send(HttpResponse::Text(200, "root"));
    });
    router.Handle("POST", "/", "root", [](HttpRequest request, HttpResponder responder) {
      responder.Send(HttpResponse::Text(200, request.body));
    });
    return router;
  }
  std::vector<SentFrame> Feed(std::string_view bytes) { return Frames(session.Feed(bytes)); }

  std::vector<HttpResponder> hanging;
  SessionHarness session;
};

TEST(Http2SessionTest, AnswersARequestWhoseBytesComeOneByOne) {
  Http2Holder holder;
  std::string sent;
  for (const char c : Frame(NGHTTP2_HEADERS, kEndHeaders, 1, Post("/")) +
                          Frame(NGHTTP2_DATA, kEndStream, 1, "body")) {
    sent += holder.session.Feed(std::string_view(&c, 1));
  }
  const auto frames = Frames(sent);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].type, static_cast<unsigned>(NGHTTP2_HEADERS));
  EXPECT_EQ(frames[1].payload, "body");
  EXPECT_EQ(frames[1].flags, kEndStream);
}

TEST(Http2SessionTest, EndsTheConnectionOnRapidReset) {
  Limits limits;
  limits.resets_per_minute_max = 20;
  Http2Holder holder(limits);
  std::vector<SentFrame> frames;
  unsigned stream = 1;
  for (int i = 0; i < 21 && GoawayCode(frames) < 0; ++i, stream += 2) {
    frames = holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, stream, Get("/hang")) +
                         Frame(NGHTTP2_RST_STREAM, 0, stream, std::string("\0\0\0\x08", 4)));
  }
  EXPECT_EQ(GoawayCode(frames), NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_TRUE(holder.session.session().Finished());
  EXPECT_EQ(holder.hanging.size(), 21U);
  for (const HttpResponder& responder : holder.hanging) EXPECT_TRUE(responder.ClientGone());
}

TEST(Http2SessionTest, CountsResetsByTheMinute) {
  Limits limits;
  limits.resets_per_minute_max = 20;
  Http2Holder holder(limits);
  unsigned stream = 1;
  for (int i = 0; i < 60; ++i, stream += 2) {
    const auto frames =
        holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, stream, Get("/hang")) +
                    Frame(NGHTTP2_RST_STREAM, 0, stream, std::string("\0\0\0\x08", 4)));
    ASSERT_EQ(GoawayCode(frames), -1);
    holder.hanging.clear();
    holder.session.clock().Advance(std::chrono::seconds(4));
  }
}

TEST(Http2SessionTest, CountsResetsThatAPeerMakesUsSend) {
  Limits limits;
  limits.resets_per_minute_max = 20;
  Http2Holder holder(limits);
  std::vector<SentFrame> frames;
  unsigned stream = 1;
  for (int i = 0; i < 30 && GoawayCode(frames) < 0; ++i, stream += 2) {
    // A window over 2^31-1 is an error of the stream.
    frames = holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, stream, Get("/hang")) +
                         Frame(NGHTTP2_WINDOW_UPDATE, 0, stream, "\x7f\xff\xff\xff"));
  }
  EXPECT_EQ(GoawayCode(frames), NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_LE(holder.hanging.size(), 22U);
}

TEST(Http2SessionTest, CountsResetCallsUntilTheirHandlersAreDone) {
  Limits limits;
  limits.streams_per_connection_max = 4;
  Http2Holder holder(limits);
  unsigned stream = 1;
  for (int i = 0; i < 4; ++i, stream += 2) {
    holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, stream, Get("/hang")) +
                Frame(NGHTTP2_RST_STREAM, 0, stream, std::string("\0\0\0\x08", 4)));
  }
  ASSERT_EQ(holder.hanging.size(), 4U);
  auto frames = holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, stream, Get("/")));
  EXPECT_EQ(ResetCode(frames, stream), NGHTTP2_REFUSED_STREAM);
  holder.hanging.clear();
  stream += 2;
  frames = holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, stream, Get("/")));
  EXPECT_TRUE(Answered(frames, stream));
}

TEST(Http2SessionTest, EndsTheConnectionOnFloodsOfIdleFrames) {
  struct Case {
    const char* what;
    std::string frame;
    int count;
  };
  for (const Case& c :
       {Case{"SETTINGS", Settings(), 3000},
        Case{"PING", Frame(NGHTTP2_PING, 0, 0, std::string(8, 'p')), 21'000},
        Case{"empty DATA", Frame(NGHTTP2_DATA, 0, 1, ""), 3000},
        Case{"PRIORITY", Frame(NGHTTP2_PRIORITY, 0, 1, std::string("\0\0\0\3\1", 5)), 3000}}) {
    Http2Holder holder;
    holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, 1, Post("/")));
    std::vector<SentFrame> frames;
    int sent = 0;
    while (sent < c.count && !holder.session.session().Finished()) {
      frames = holder.Feed(c.frame);
      ++sent;
    }
    EXPECT_EQ(GoawayCode(frames), NGHTTP2_ENHANCE_YOUR_CALM) << c.what;
    EXPECT_LT(sent, c.count) << c.what;
  }
}

TEST(Http2SessionTest, EndsTheConnectionOnAcknowledgementsThatPileUp) {
  Http2Holder holder;
  std::string pings;
  for (int i = 0; i < 2000; ++i) pings += Frame(NGHTTP2_PING, 0, 0, std::string(8, 'p'));
  holder.Feed(pings);
  EXPECT_TRUE(holder.session.session().Finished());
}

TEST(Http2SessionTest, EndsTheConnectionOnAContinuationFlood) {
  Http2Holder holder;
  std::string sent;
  sent += holder.session.Feed(Frame(NGHTTP2_HEADERS, 0, 1, Get("/")));
  int count = 0;
  while (count < 1000 && !holder.session.session().Finished()) {
    sent += holder.session.Feed(Frame(NGHTTP2_CONTINUATION, 0, 1, LiteralField("a", 10)));
    ++count;
  }
  EXPECT_LT(count, 100);
}

TEST(Http2SessionTest, Answers431ToALargeHeaderAndGoesOn) {
  Limits limits;
  limits.header_bytes_max = 2000;
  Http2Holder holder(limits);
  auto frames = holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, 1,
                                  Get("/hang", LiteralField("large", 3000))));
  EXPECT_TRUE(Answered(frames, 1));
  EXPECT_TRUE(holder.hanging.empty());
  frames = holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, 3, Get("/")));
  EXPECT_TRUE(Answered(frames, 3));
}

TEST(Http2SessionTest, EndsSlowHeadersBodiesAndIdleConnections) {
  Limits limits;
  limits.header_timeout = milliseconds(100);
  limits.body_timeout = milliseconds(300);
  limits.idle_timeout = milliseconds(1000);
  Http2Holder header(limits);
  header.Feed(Frame(NGHTTP2_HEADERS, 0, 1, Get("/")));
  EXPECT_EQ(GoawayCode(Frames(header.session.Wait(milliseconds(101)))), NGHTTP2_ENHANCE_YOUR_CALM);

  Http2Holder body(limits);
  body.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, 1, Post("/")) + Frame(NGHTTP2_DATA, 0, 1, "slow"));
  EXPECT_GT(body.session.accountant().used(), 0U);
  const auto frames = Frames(body.session.Wait(milliseconds(301)));
  EXPECT_TRUE(Answered(frames, 1));
  EXPECT_EQ(ResetCode(frames, 1), NGHTTP2_NO_ERROR);
  EXPECT_EQ(body.session.accountant().used(), 0U);
  EXPECT_FALSE(body.session.session().Finished());

  Http2Holder idle(limits);
  EXPECT_EQ(idle.session.Wait(milliseconds(999)), "");
  EXPECT_EQ(GoawayCode(Frames(idle.session.Wait(milliseconds(2)))), NGHTTP2_NO_ERROR);
  EXPECT_TRUE(idle.session.session().Finished());
}

TEST(Http2SessionTest, DrainsWithTwoGoawaysAndServesWhatWasUnderWay) {
  Http2Holder holder;
  holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, 1, Get("/hang")));
  holder.session.session().Drain();
  auto frames = Frames(holder.session.Output());
  EXPECT_EQ(GoawayCode(frames), NGHTTP2_NO_ERROR);
  // Sent before the client knew: still served.
  frames = holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, 3, Get("/")));
  EXPECT_TRUE(Answered(frames, 3));
  frames = Frames(holder.session.Wait(kTickInterval));
  ASSERT_EQ(GoawayCode(frames), NGHTTP2_NO_ERROR);
  EXPECT_EQ(static_cast<int>(frames[0].payload[3]), 3) << "the last stream taken";
  EXPECT_FALSE(holder.session.session().Finished());
  frames = holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, 5, Get("/")));
  EXPECT_FALSE(Answered(frames, 5));
  holder.hanging[0].Send(HttpResponse::Text(200, "last"));
  EXPECT_TRUE(Answered(Frames(holder.session.Output()), 1));
  holder.session.Wait(kTickInterval);
  EXPECT_TRUE(holder.session.session().Finished());
}

TEST(Http2SessionTest, ResetsRequestsThatBreakTheRules) {
  Http2Holder holder;
  // No :path.
  auto frames =
      holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, 1, std::string("\x82\x86")));
  EXPECT_EQ(ResetCode(frames, 1), NGHTTP2_PROTOCOL_ERROR);
  // More DATA than content-length announces.
  std::string block = Post("/");
  block += std::string("\x10\x0e", 2) + "content-length" + std::string("\x01", 1) + "2";
  frames = holder.Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, 3, block) +
                       Frame(NGHTTP2_DATA, kEndStream, 3, "four"));
  EXPECT_EQ(ResetCode(frames, 3), NGHTTP2_PROTOCOL_ERROR);
  EXPECT_FALSE(Answered(frames, 3));
}

}  // namespace
}  // namespace vivace::net
